import type { Price, PriceTier } from '@sluice/contract';
import { parseDecimal } from './decimal.ts';

/** Places of a price, a fee and a multiplier. */
const priceScale = 10;
/** Places of a price factor. */
const factorScale = 4;
/** Places of price x multiplier / 1,000 x price factor: enough for every exact cost. */
export const exactScale = 27;
const feeShift = 10n ** BigInt(exactScale - priceScale - factorScale);

/** What one token costs in a bracket, in units of 10^-27 credits: the batch multiplier and the price factor are already in it. */
export interface Rates {
  input: bigint;
  cachedInput: bigint;
  output: bigint;
  reasoning: bigint;
}

/** One bracket of a price: `from` and `to` are inclusive bounds of its basis, in tokens; the last one's `to` is null. */
export interface Bracket {
  from: number;
  to: number | null;
  rates: Rates;
}

/** A price made ready to compute with: brackets from low to high, and the fee of a job in units of 10^-27 credits. */
export interface RateCard {
  basis: 'input' | 'total';
  brackets: Bracket[];
  fee: bigint;
}

/** How a job is priced: batches have a multiplier, and may void the saving for cached input; the factor is the job's own. */
export interface PricingMode {
  isBatch: boolean;
  /** What everything is multiplied with, the fee too; 1 when it is not there. */
  priceFactor?: string;
}

type TokenPrices = Omit<PriceTier, 'up_to'>;

/** By the price, which whoever asks for a model keeps for seconds: each submit prices a job. */
const cards = new WeakMap<Price, Map<string, RateCard>>();

/** A price made ready, once for all jobs that are priced alike. */
export function rateCardOf(price: Price, mode: PricingMode): RateCard {
  const known = cards.get(price) ?? new Map<string, RateCard>();
  cards.set(price, known);
  const key = `${mode.isBatch} ${mode.priceFactor ?? '1'}`;
  const card = known.get(key) ?? readPrice(price, mode);
  known.set(key, card);
  return card;
}

/**
 * Reads a price. A field that is not set means: no fee, no batch discount (multiplier 1), cached input at the input price,
 * reasoning at the output price, brackets by input tokens.
 */
function readPrice(price: Price, { isBatch, priceFactor = '1' }: PricingMode): RateCard {
  const tiers = price.mode === 'simple' ? [{ ...price, up_to: null }] : price.tiers;
  const multiplier = isBatch ? parseDecimal(price.batch_multiplier ?? '1', priceScale) : 10n ** BigInt(priceScale);
  const factor = parseDecimal(priceFactor, factorScale);
  const isCacheVoid = isBatch && price.cache_in_batch === 'none';
  return {
    basis: price.mode === 'tiered' ? (price.tier_basis ?? 'input') : 'input',
    brackets: tiers.map((tier, i) => ({
      from: (tiers[i - 1]?.up_to ?? -1) + 1,
      to: tier.up_to,
      rates: ratesOf(isCacheVoid ? { ...tier, cached_input_price: tier.input_price } : tier, multiplier * factor),
    })),
    fee: parseDecimal(price.per_request_fee ?? '0', priceScale) * factor * feeShift,
  };
}

function ratesOf(prices: TokenPrices, multiplier: bigint): Rates {
  // Two scales of 10, one of 4 and the division by 1,000 tokens make 27 places: nothing is cut off.
  const rate = (price: string): bigint => parseDecimal(price, priceScale) * multiplier;
  return {
    input: rate(prices.input_price),
    cachedInput: rate(prices.cached_input_price ?? prices.input_price),
    output: rate(prices.output_price),
    reasoning: rate(prices.reasoning_price ?? prices.output_price),
  };
}

/** The index of the one bracket that prices the whole request: the first whose upper bound, inclusive, is not below the basis. */
export function chooseBracket({ brackets }: RateCard, basisTokens: number): number {
  return brackets.findIndex(({ to }) => to === null || basisTokens <= to);
}
