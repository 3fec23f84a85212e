import { expect, test } from 'vitest';
import { mergeLimits } from './merge-limits.ts';

test("a key's own limit replaces the provider's, each by itself, and the others stay", () => {
  expect(mergeLimits({ rpm: 60, tpm: 1000 }, { rpm: 5, concurrency: 2 })).toEqual({ rpm: 5, tpm: 1000, concurrency: 2 });
  expect(mergeLimits({}, {})).toEqual({});
});

test('the same holds for each model', () => {
  const ofProvider = { rpm: 60, models: { big: { rpm: 10, tpm: 100 }, small: { rpm: 50 } } };
  const ofKey = { models: { big: { rpm: 3 }, other: { concurrency: 1 } } };
  expect(mergeLimits(ofProvider, ofKey)).toEqual({
    rpm: 60,
    models: { big: { rpm: 3, tpm: 100 }, small: { rpm: 50 }, other: { concurrency: 1 } },
  });
});
