import type { Price, TokenCounts } from '@sluice/contract';
import { creditScale, renderCredits, renderShortest, roundHalfUp } from './decimal.ts';
import { chooseBracket, exactScale, rateCardOf, type PricingMode } from './rates.ts';

/** What a usage costs: `exact` without zeros at its end, and `cost` with 4 places, rounded once, HALF_UP. `tier` counts from 0. */
export interface PricedUsage {
  exact: string;
  cost: string;
  tier: number;
}

/**
 * The price of one job. The bracket is chosen by the input tokens, cached ones included (or by all tokens, where the price says
 * `tier_basis: total`), and prices the whole request. Throws a RangeError for counts that cannot be.
 */
export function priceUsage(price: Price, tokens: TokenCounts, mode: PricingMode): PricedUsage {
  checkUsage(tokens);
  const card = rateCardOf(price, mode);
  const tier = chooseBracket(card, tokens.input_tokens + (card.basis === 'total' ? tokens.output_tokens : 0));
  const rates = card.brackets[tier]?.rates;
  if (!rates) throw new RangeError('the price has no tier for this usage');
  const exact =
    BigInt(tokens.input_tokens - tokens.cached_input_tokens) * rates.input +
    BigInt(tokens.cached_input_tokens) * rates.cachedInput +
    BigInt(tokens.output_tokens - tokens.reasoning_tokens) * rates.output +
    BigInt(tokens.reasoning_tokens) * rates.reasoning +
    card.fee;
  return { exact: renderShortest(exact, exactScale), cost: renderCredits(roundHalfUp(exact, exactScale - creditScale)), tier };
}

/** Adapters have to hand over clean counts; money is never computed from a guess at what dirty ones meant. */
function checkUsage(tokens: TokenCounts): void {
  const counts = [tokens.input_tokens, tokens.cached_input_tokens, tokens.output_tokens, tokens.reasoning_tokens];
  const areCounts = counts.every((count) => Number.isSafeInteger(count) && count >= 0);
  if (areCounts && tokens.cached_input_tokens <= tokens.input_tokens && tokens.reasoning_tokens <= tokens.output_tokens) return;
  throw new RangeError(`invalid usage: ${JSON.stringify(tokens)}`);
}
