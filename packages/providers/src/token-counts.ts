import { noTokens, usualQuirks, type ProviderQuirks, type TokenCounts } from '@sluice/contract';
import { asObject, type JsonObject } from './json-object.ts';

/** Ten times the largest context there is. What is above is no count. */
const countMax = 100_000_000;

/**
 * A vendor's usage as counts, or null when it cannot be true: a count that is missing, negative, fractional or absurd, or a
 * prompt of no tokens. Parts never exceed the whole: cached is at most input, reasoning at most output. Where a vendor counts
 * reasoning apart, output is the sum, which is what it bills.
 */
export function readTokenCounts(
  usage: unknown,
  { reasoningTokens }: Pick<ProviderQuirks, 'reasoningTokens'> = usualQuirks,
): TokenCounts | null {
  const counts = asObject(usage);
  const input = readCount(counts?.prompt_tokens);
  const completion = readCount(counts?.completion_tokens);
  if (!counts || input === null || input === 0 || completion === null) return null;
  const reasoning = readCount(asObject(counts.completion_tokens_details)?.reasoning_tokens) ?? 0;
  const output = reasoningTokens === 'added' ? completion + reasoning : completion;
  return {
    input_tokens: input,
    cached_input_tokens: Math.min(input, cachedTokens(counts)),
    output_tokens: output,
    reasoning_tokens: Math.min(output, reasoning),
  };
}

/**
 * The tokens that were read, of an answer that has none of its own: in `usage` with most, in `meta.tokens` with Cohere's shape. Null
 * when nobody says, or it cannot be true.
 */
export function readInputCount(body: unknown): TokenCounts | null {
  const answer = asObject(body);
  const usage = asObject(answer?.usage);
  const tokens = asObject(asObject(answer?.meta)?.tokens);
  const input = [usage?.prompt_tokens, usage?.input_tokens, usage?.total_tokens, tokens?.input_tokens]
    .map(readCount)
    .find((count) => count !== null && count > 0);
  return input ? { ...noTokens, input_tokens: input } : null;
}

/** OpenAI's field; then DeepSeek's; then Kimi's. */
function cachedTokens(counts: JsonObject): number {
  const detail = readCount(asObject(counts.prompt_tokens_details)?.cached_tokens);
  return detail ?? readCount(counts.prompt_cache_hit_tokens) ?? readCount(counts.cached_tokens) ?? 0;
}

function readCount(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= countMax ? value : null;
}
