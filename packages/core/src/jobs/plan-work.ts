import type { JobParams, SubmitEmbeddingRequest, SubmitJobRequest, SubmitRerankRequest, SubmitTextRequest } from '@sluice/contract';
import type { ModelForSubmit } from '../providers/index.ts';
import type { FrozenPrompt } from './frozen-prompt.ts';
import { estimateInput, estimateTexts } from './input-estimate.ts';
import type { JobWork } from './job-request.ts';
import { repairTokens } from './repair.ts';

/** What is to be done, and the most tokens that it can use. */
export type PlannedWork = JobWork & {
  inputEstimate: number;
  /** 0 for what answers no text. */
  maxTokens: number;
  /** What the hold has to cover, where that is more than one call. */
  bound?: { inputTokens: number; maxOutputTokens: number };
};

/** Makes the provider's work of a request, with a bound for its hold. Pure. */
export function planWork(request: SubmitJobRequest, model: ModelForSubmit, prompt: FrozenPrompt | null): PlannedWork {
  switch (request.kind) {
    case 'embedding':
      return planEmbedding(request);
    case 'rerank':
      return planRerank(request);
    case 'moderation': {
      const { input } = request;
      return { kind: 'moderation', request: { input }, inputEstimate: estimateTexts([input].flat()), maxTokens: 0 };
    }
    default:
      return planText(request, model, prompt);
  }
}

function planText(request: SubmitTextRequest, model: ModelForSubmit, prompt: FrozenPrompt | null): PlannedWork {
  const params = prompt?.params ?? request.params;
  const messages = messagesOf(request, prompt?.messages);
  const inputEstimate = estimateInput(messages, [params.tools, params.response_format].filter(Boolean));
  const maxTokens = maxTokensOf(params, model);
  const { output_check: check } = request;
  return {
    kind: 'text',
    request: { messages, params, ...(check && { check }) },
    inputEstimate,
    maxTokens,
    // The second call reads what the first one read and said.
    ...(check?.repair && { bound: { inputTokens: 2 * inputEstimate + maxTokens + repairTokens, maxOutputTokens: 2 * maxTokens } }),
  };
}

function planEmbedding({ input, params }: SubmitEmbeddingRequest): PlannedWork {
  const inputs = inputsOf(input);
  const inputEstimate = inputs.reduce<number>((sum, one) => sum + (typeof one === 'string' ? estimateTexts([one]) : one.length), 0);
  return { kind: 'embedding', request: { inputs, params }, inputEstimate, maxTokens: 0 };
}

/** One text, or the tokens of one, are a list of one. */
function inputsOf(input: SubmitEmbeddingRequest['input']): string[] | number[][] {
  if (typeof input === 'string') return [input];
  // The contract lets no mixture in.
  return typeof input[0] === 'number' ? [input as number[]] : (input as string[] | number[][]);
}

/** Models read the query with each document anew, and vendors count it so. */
function planRerank({ query, documents, params }: SubmitRerankRequest): PlannedWork {
  const texts = documents.map((document) => (typeof document === 'string' ? document : document.text));
  const inputEstimate = estimateTexts(texts) + texts.length * estimateTexts([query]);
  return { kind: 'rerank', request: { query, documents: texts, params }, inputEstimate, maxTokens: 0 };
}

function messagesOf({ instructions, input, messages }: SubmitTextRequest, rendered: unknown[] | undefined): unknown[] {
  const asked = rendered ?? messages ?? [{ role: 'user', content: input }];
  return instructions === undefined ? asked : [{ role: 'system', content: instructions }, ...asked];
}

function maxTokensOf(params: JobParams, model: ModelForSubmit): number {
  const wanted = params.max_tokens ?? model.defaultMaxTokens;
  return model.maxOutputTokens === null ? wanted : Math.min(wanted, model.maxOutputTokens);
}
