import { expect, test } from 'vitest';
import { backOffMs, decideRetry, readRetryAfter } from './back-off.ts';

const failed = { tries: 0, retriesMax: 2, waitMaxMs: 30_000, answer: null, random: 1 };
const answer = (status: number, headers: Record<string, string> = {}) => ({ ...failed, answer: { status, headers: new Headers(headers) } });

test('what may pass is tried again, what will not is not', () => {
  expect(decideRetry(failed)).toBe(500);
  for (const status of [408, 429, 500, 502, 503, 504]) expect(decideRetry(answer(status))).toBe(500);
  for (const status of [400, 401, 402, 403, 404, 409, 413, 422]) expect(decideRetry(answer(status))).toBeNull();
  expect(decideRetry({ ...failed, tries: 2 })).toBeNull();
});

test("the server's advice counts more", () => {
  expect(decideRetry(answer(429, { 'retry-after': '7', 'retry-after-ms': '6500' }))).toBe(6600);
  expect(decideRetry(answer(429, { 'retry-after': '31' }))).toBeNull();
  expect(decideRetry(answer(500, { 'x-should-retry': 'false' }))).toBeNull();
  expect(decideRetry(answer(409, { 'x-should-retry': 'true' }))).toBe(500);
  const inTenSeconds = new Headers({ 'retry-after': new Date(20_000).toUTCString() });
  expect(readRetryAfter(inTenSeconds, 10_000)).toBe(10_000);
});

test('waits double to 15 s, with a quarter of chance', () => {
  expect([0, 1, 2, 5, 50].map((tries) => backOffMs(tries, 1))).toEqual([500, 1000, 2000, 15_000, 15_000]);
  expect(backOffMs(0, 0)).toBe(375);
});
