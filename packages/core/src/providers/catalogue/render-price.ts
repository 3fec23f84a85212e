import type { Price, PriceTier } from '@sluice/contract';
import { parseDecimal, renderShortest, roundHalfUp } from '../../billing/index.ts';
import type { CatalogueModel } from './catalogue-model.ts';

/** Places of a list price and of a rate that are kept while they are multiplied. */
const amountScale = 8;
const rateScale = 6;
/** Places of a price per 1,000 tokens, as `UnitPrice` has it. */
const unitScale = 10;

/** Credits for one unit of each currency, as decimal strings. */
export interface CreditRates {
  CNY: string;
  USD: string;
}

/**
 * A vendor's list price, per million tokens in its currency, as a price in credits per 1,000 tokens. Null when it is not known or
 * not by token. Tiers become our tiers; the last is open, because what lies above the vendor's own limit is refused there anyway.
 *
 * Where thinking costs more, reasoning tokens take that price; the short-answer and off-peak discounts of some vendors are not
 * passed on, since a price here depends on tokens alone.
 */
export function renderListPrice(model: CatalogueModel, rates: CreditRates): Price | null {
  const {
    price_unit: unit,
    input_price: input,
    output_price: output,
    cached_input_price: cached,
    tiers,
    thinking_output_tiers: thinkingTiers,
  } = model;
  if (unit !== 'per_1m_tokens' || input === null || output === null) return null;
  const toCredits = (amount: string): string => perThousand(amount, rates[model.currency]);
  if (tiers.length === 0) {
    return { mode: 'simple', ...renderPrices({ input, output, cached, reasoning: model.thinking_output_price }, toCredits) };
  }
  const rendered = tiers.map((tier, i): PriceTier => {
    const reasoning = thinkingTiers?.[i]?.output ?? model.thinking_output_price;
    return {
      up_to: i === tiers.length - 1 ? null : tier.up_to_input_tokens,
      ...renderPrices({ input: tier.input, output: tier.output, cached: tier.cached_input, reasoning }, toCredits),
    };
  });
  return { mode: 'tiered', tier_basis: 'input', tiers: rendered };
}

interface ListPrices {
  input: string;
  output: string;
  cached: string | null;
  reasoning: string | undefined;
}

function renderPrices({ input, output, cached, reasoning }: ListPrices, toCredits: (amount: string) => string): Omit<PriceTier, 'up_to'> {
  return {
    input_price: toCredits(input),
    output_price: toCredits(output),
    ...(cached !== null && { cached_input_price: toCredits(cached) }),
    ...(reasoning !== undefined && { reasoning_price: toCredits(reasoning) }),
  };
}

function perThousand(perMillion: string, creditsPerUnit: string): string {
  const credits = parseDecimal(perMillion, amountScale) * parseDecimal(creditsPerUnit, rateScale);
  // One thousandth of it: the same integer, read at three places more.
  return renderShortest(roundHalfUp(credits, amountScale + rateScale + 3 - unitScale), unitScale);
}
