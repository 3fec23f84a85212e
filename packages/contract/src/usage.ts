import { z } from 'zod';

const tokens = z.int().nonnegative();

/** Tokens of one answer. Input includes what was cached, output includes reasoning. */
export const TokenCounts = z.object({
  input_tokens: tokens,
  cached_input_tokens: tokens,
  output_tokens: tokens,
  reasoning_tokens: tokens,
});
export type TokenCounts = z.infer<typeof TokenCounts>;

/** Where the counts come from; only `provider` is a bill, `estimated` and `mixed` are never charged above the hold. */
export const UsageSource = z.enum(['provider', 'estimated', 'mixed', 'none']);
export type UsageSource = z.infer<typeof UsageSource>;

export const Usage = TokenCounts.extend({ total_tokens: tokens, source: UsageSource }).meta({ id: 'Usage' });
export type Usage = z.infer<typeof Usage>;

export const noTokens: TokenCounts = { input_tokens: 0, cached_input_tokens: 0, output_tokens: 0, reasoning_tokens: 0 };

/** The wire form of counts: with their total and their source. */
export function presentUsage(counts: TokenCounts, source: UsageSource): Usage {
  return { ...counts, total_tokens: counts.input_tokens + counts.output_tokens, source };
}
