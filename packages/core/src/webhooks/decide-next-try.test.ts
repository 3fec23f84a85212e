import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decideNextTry, type TryFacts } from './decide-next-try.ts';
import { readRetryAfter } from './retry-after.ts';

const hour = 3_600_000;
const start = new Date('2026-11-20T12:00:00Z');
const failed: TryFacts = { outcome: { status: 500, retryAfterMs: null }, failures: 0, windowFrom: start, now: start, random: 0 };

/** Every pause of an endpoint that never answers well. */
function pausesOf(random: number): number[] {
  const pauses: number[] = [];
  for (let at = start.getTime(), failures = 0; ; failures += 1) {
    const next = decideNextTry({ ...failed, failures, now: new Date(at), random });
    if (next.to !== 'pending') return pauses;
    pauses.push(next.delayMs);
    at += next.delayMs;
  }
}

describe('the next try', () => {
  test('comes after 5 s, 30 s, 2 min, 10 min, 30 min, 1 h, 2 h, 4 h, 8 h, then every 12 h, and at last when 75 h are over', () => {
    const pauses = pausesOf(0);
    const seconds = [5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 43_200, 43_200, 43_200, 43_200];
    expect(pauses.slice(0, -1)).toEqual(seconds.map((s) => s * 1000));
    expect(pauses.reduce((sum, ms) => sum + ms, 0)).toBe(75 * hour);
  });

  test('is jittered by up to a tenth, and never beyond the 75 h', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (random) => {
        const pauses = pausesOf(random);
        expect(pauses[0]).toBe(Math.round(5000 * (1 + 0.1 * random)));
        expect(pauses.reduce((sum, ms) => sum + ms, 0)).toBe(75 * hour);
      }),
    );
  });

  test.each([200, 201, 202, 204, 299])('is none after %i', (status) => {
    expect(decideNextTry({ ...failed, outcome: { status, retryAfterMs: null } })).toEqual({ to: 'delivered' });
  });

  test.each([null, 100, 199, 300, 301, 302, 307, 308, 400, 401, 404, 408, 413, 418, 429, 500, 502, 503])('comes after %s', (status) => {
    expect(decideNextTry({ ...failed, outcome: { status, retryAfterMs: null } })).toEqual({ to: 'pending', delayMs: 5000 });
  });

  test('is none when the endpoint is gone', () => {
    expect(decideNextTry({ ...failed, outcome: { status: 410, retryAfterMs: null } })).toEqual({ to: 'disabled' });
  });

  test('waits as long as 429 and 503 ask, and never shorter than planned nor beyond the window', () => {
    const after = (status: number, retryAfterMs: number) => decideNextTry({ ...failed, outcome: { status, retryAfterMs } });
    expect([after(429, 60_000), after(503, 60_000)]).toEqual([
      { to: 'pending', delayMs: 60_000 },
      { to: 'pending', delayMs: 60_000 },
    ]);
    expect([after(429, 1000), after(500, 60_000)]).toEqual([
      { to: 'pending', delayMs: 5000 },
      { to: 'pending', delayMs: 5000 },
    ]);
    expect(after(429, 1000 * hour)).toEqual({ to: 'pending', delayMs: 75 * hour });
  });

  test('is none when the 75 h are over', () => {
    expect(decideNextTry({ ...failed, failures: 13, now: new Date(start.getTime() + 75 * hour) })).toEqual({ to: 'failed' });
  });
});

test.each([
  ['7', 7000],
  [' 120 ', 120_000],
  ['Fri, 20 Nov 2026 12:00:30 GMT', 30_000],
  ['Fri, 20 Nov 2026 11:00:00 GMT', 0],
  ['soon', null],
  ['-5', null],
  ['2026', 2_026_000],
  [null, null],
])('Retry-After %s is %s ms', (value, expected) => expect(readRetryAfter(value, start.getTime())).toBe(expected));
