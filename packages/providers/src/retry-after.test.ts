import { expect, test } from 'vitest';
import { readRetryAfterMs } from './retry-after.ts';

const nowMs = Date.parse('2026-11-20T12:00:00Z');
const read = (headers: Record<string, string>, message = '') => readRetryAfterMs({ headers, message, nowMs });

test.each([
  [{ 'retry-after': '2' }, 2000],
  [{ 'retry-after': '0.5' }, 500],
  [{ 'retry-after': 'Fri, 20 Nov 2026 12:00:20 GMT' }, 20_000],
  [{ 'retry-after': 'Fri, 20 Nov 2026 11:00:00 GMT' }, 0],
  [{ 'retry-after-ms': '1500' }, 1500],
  [{ 'retry-after-ms': '1500', 'retry-after': '9' }, 1500],
  [{ 'retry-after': '99999999' }, 24 * 3_600_000],
  [{ 'retry-after': 'soon' }, undefined],
  [{ 'retry-after': '-1' }, undefined],
  [{}, undefined],
])('%j asks for %s ms', (headers, expected) => {
  expect(read(headers)).toBe(expected);
});

test.each([
  ['Please retry in 45.8s.', 45_800],
  ['Please try again in 200ms.', 200],
  ['Please try again in 6m0s.', 360_000],
  ['Retry after 3 seconds', 3000],
  ['Please slow down.', undefined],
])('without a header, "%s" asks for %s ms', (message, expected) => {
  expect(read({}, message)).toBe(expected);
});

test('a header is believed before the message', () => {
  expect(read({ 'retry-after': '1' }, 'Please retry in 45s.')).toBe(1000);
});
