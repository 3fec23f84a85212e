import type { JobRequest, Model } from '@sluice/client';
import type { Units } from './credits.ts';

/** What a model answers at most when nobody says, unless its administrator does. */
const defaultMaxTokens = 2048;

/** The most that a job can cost, before it is sent: as the server holds it, with its default length of an answer. */
export type Estimator = (request: JobRequest) => Units;

export interface EstimateBase {
  model: Model;
  /** Tokens of the template's own text. */
  inputTokens: number;
  /** Of the template; null when it does not say. */
  maxTokens: number | null;
}

export function createEstimator({ model, inputTokens, maxTokens }: EstimateBase): Estimator {
  const rates = dearestOf(model.price);
  return (request) => {
    const output = request.params?.max_tokens ?? maxTokens ?? Math.min(defaultMaxTokens, model.max_output_tokens ?? defaultMaxTokens);
    const { input, messages, instructions, variables, params } = request;
    const text = JSON.stringify([input, messages, instructions, variables, params?.response_format, params?.tools]);
    const tokens = inputTokens + countTokens(text) + 24;
    return Math.ceil(((tokens * rates.input + output * rates.output) / 1000 + rates.fee) * 10_000);
  };
}

/** As the server counts for a hold: a third of the ASCII characters, one and a half of every other. */
function countTokens(text: string): number {
  let other = 0;
  for (let i = 0; i < text.length; i += 1) if (text.charCodeAt(i) > 127) other += 1;
  return Math.ceil((text.length - other) / 3 + other * 1.5);
}

function dearestOf(price: Model['price']): { input: number; output: number; fee: number } {
  const brackets = price.mode === 'tiered' ? price.tiers : [price];
  const most = (pick: (bracket: (typeof brackets)[number]) => (string | undefined)[]) =>
    Math.max(...brackets.flatMap(pick).map((rate) => Number(rate ?? 0)));
  return {
    input: most((bracket) => [bracket.input_price, bracket.cached_input_price]),
    output: most((bracket) => [bracket.output_price, bracket.reasoning_price]),
    fee: Number(price.per_request_fee ?? 0),
  };
}
