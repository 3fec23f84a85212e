import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readTokenCounts } from './token-counts.ts';

const usage = { prompt_tokens: 100, completion_tokens: 50 };

test('reads the counts, cached and reasoning tokens inside them', () => {
  const details = { prompt_tokens_details: { cached_tokens: 40 }, completion_tokens_details: { reasoning_tokens: 20 } };
  const counts = { input_tokens: 100, cached_input_tokens: 40, output_tokens: 50, reasoning_tokens: 20 };
  expect(readTokenCounts({ ...usage, ...details })).toEqual(counts);
});

test.each([
  ['DeepSeek', { prompt_cache_hit_tokens: 30 }],
  ['Kimi', { cached_tokens: 30 }],
])('reads cached tokens where %s has them', (_vendor, more) => {
  expect(readTokenCounts({ ...usage, ...more })?.cached_input_tokens).toBe(30);
});

test('cached tokens above the input and reasoning tokens above the output are cut to them', () => {
  const details = { prompt_tokens_details: { cached_tokens: 101 }, completion_tokens_details: { reasoning_tokens: 51 } };
  expect(readTokenCounts({ ...usage, ...details })).toMatchObject({ cached_input_tokens: 100, reasoning_tokens: 50 });
});

test.each([
  ['nothing', undefined],
  ['a text', 'many'],
  ['a list', []],
  ['a missing count', { prompt_tokens: 100 }],
  ['a negative count', { ...usage, completion_tokens: -1 }],
  ['a fraction', { ...usage, prompt_tokens: 1.5 }],
  ['a number as text', { ...usage, prompt_tokens: '100' }],
  ['an absurd count', { ...usage, completion_tokens: 1e15 }],
  ['NaN', { ...usage, completion_tokens: Number.NaN }],
  ['a prompt of no tokens', { ...usage, prompt_tokens: 0 }],
])('%s is no usage', (_what, value) => {
  expect(readTokenCounts(value)).toBeNull();
});

test('whatever a vendor sends, the counts are whole, not negative, and their parts are within them', () => {
  const value = fc.oneof(fc.nat(), fc.integer(), fc.double(), fc.constant(null), fc.string());
  const vendorUsage = fc.record({
    prompt_tokens: value,
    completion_tokens: value,
    prompt_tokens_details: fc.record({ cached_tokens: value }),
    completion_tokens_details: fc.record({ reasoning_tokens: value }),
  });
  fc.assert(
    fc.property(vendorUsage, (vendor) => {
      const counts = readTokenCounts(vendor);
      if (!counts) return;
      expect(Object.values(counts).every((count) => Number.isInteger(count) && count >= 0)).toBe(true);
      expect(counts.cached_input_tokens).toBeLessThanOrEqual(counts.input_tokens);
      expect(counts.reasoning_tokens).toBeLessThanOrEqual(counts.output_tokens);
    }),
  );
});
