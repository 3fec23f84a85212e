import type { Price, TokenCounts } from '@sluice/contract';

/**
 * The cost of a job, computed a second time by other means: fractions instead of a fixed scale, the bracket searched from the
 * price itself. It must not import anything from billing, or the audit would ask the accused.
 */
export interface Fraction {
  above: bigint;
  below: bigint;
}

export interface PricedJob {
  price: Price;
  tokens: TokenCounts;
  isBatch: boolean;
  priceFactor: string;
}

export function recomputeExactCost({ price, tokens, isBatch, priceFactor }: PricedJob): Fraction {
  const { input_tokens: input, cached_input_tokens: cached, output_tokens: output, reasoning_tokens: reasoning } = tokens;
  const rates = price.mode === 'simple' ? price : tierFor(price, price.tier_basis === 'total' ? input + output : input);
  const savesOnCache = !(isBatch && price.cache_in_batch === 'none');
  const cachedPrice = (savesOnCache ? rates.cached_input_price : undefined) ?? rates.input_price;
  const perThousand = [
    times(input - cached, rates.input_price),
    times(cached, cachedPrice),
    times(output - reasoning, rates.output_price),
    times(reasoning, rates.reasoning_price ?? rates.output_price),
  ].reduce(plus);
  const multiplier = fractionOf((isBatch ? price.batch_multiplier : undefined) ?? '1');
  const forTokens = { above: perThousand.above * multiplier.above, below: perThousand.below * multiplier.below * 1000n };
  const whole = plus(forTokens, fractionOf(price.per_request_fee ?? '0'));
  const factor = fractionOf(priceFactor);
  return { above: whole.above * factor.above, below: whole.below * factor.below };
}

/** In units of 0.0001, half a unit and more goes up. */
export function roundedCredits({ above, below }: Fraction): bigint {
  return (20_000n * above + below) / (2n * below);
}

export function fractionOf(decimal: string): Fraction {
  const [whole = '0', places = ''] = decimal.split('.');
  return { above: BigInt(whole + places), below: 10n ** BigInt(places.length) };
}

export function areEqual(a: Fraction, b: Fraction): boolean {
  return a.above * b.below === b.above * a.below;
}

function tierFor({ tiers }: Extract<Price, { mode: 'tiered' }>, basis: number) {
  const fitting = tiers.filter(({ up_to }) => (up_to ?? Infinity) >= basis);
  const tightest = fitting.toSorted((a, b) => (a.up_to ?? Infinity) - (b.up_to ?? Infinity))[0];
  if (!tightest) throw new Error(`no tier for ${basis} tokens`);
  return tightest;
}

function times(tokens: number, price: string): Fraction {
  const { above, below } = fractionOf(price);
  return { above: BigInt(tokens) * above, below };
}

function plus(a: Fraction, b: Fraction): Fraction {
  return { above: a.above * b.below + b.above * a.below, below: a.below * b.below };
}
