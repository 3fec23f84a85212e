import type { Price } from '@sluice/contract';
import { creditScale, renderCredits, roundUp, smallerOf } from './decimal.ts';
import { exactScale, rateCardOf, type Bracket, type PricingMode, type RateCard } from './rates.ts';

export interface UsageBound extends PricingMode {
  inputTokens: number;
  maxOutputTokens: number;
}

/**
 * The hold: the most that any usage within these bounds can cost, rounded up to 4 places. Every bracket that can be reached is
 * looked at, because prices may fall from one to the next; no cache saving is assumed, and of output and reasoning the dearer
 * one is taken.
 */
export function worstCaseCost(price: Price, bound: UsageBound): string {
  const card = rateCardOf(price, bound);
  const costs = card.brackets.map((bracket) => worstIn(bracket, card, bound));
  const worst = costs.reduce((most, cost) => (cost > most ? cost : most), 0n);
  return renderCredits(roundUp(worst + card.fee, exactScale - creditScale));
}

/** The dearest usage inside one bracket; 0 for a bracket that no usage within the bounds reaches. */
function worstIn(bracket: Bracket, { basis }: RateCard, { inputTokens, maxOutputTokens }: UsageBound): bigint {
  const input = { tokens: BigInt(inputTokens), rate: largerOf(bracket.rates.input, bracket.rates.cachedInput) };
  const output = { tokens: BigInt(maxOutputTokens), rate: largerOf(bracket.rates.output, bracket.rates.reasoning) };
  const basisTokens = basis === 'total' ? input.tokens + output.tokens : input.tokens;
  if (basisTokens < BigInt(bracket.from)) return 0n;
  const room = bracket.to === null ? basisTokens : smallerOf(BigInt(bracket.to), basisTokens);
  if (basis === 'input') return room * input.rate + output.tokens * output.rate;
  // Input and output share the bracket: the dearer tokens come first, the others fill what is left.
  const [dear, cheap] = output.rate > input.rate ? [output, input] : [input, output];
  const dearTokens = smallerOf(dear.tokens, room);
  return dearTokens * dear.rate + smallerOf(cheap.tokens, room - dearTokens) * cheap.rate;
}

const largerOf = (a: bigint, b: bigint): bigint => (a > b ? a : b);
