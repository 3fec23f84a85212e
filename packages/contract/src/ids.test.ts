import { expect, test } from 'vitest';
import { idPrefixes, newId, timeOfId } from './ids.ts';

test('an id is its prefix and 26 letters, and tells when it was made', () => {
  const nowMs = Date.now() + 1000;
  const id = newId('job', nowMs);
  expect(id).toMatch(/^job_[0-9a-hjkmnp-tv-z]{26}$/);
  expect(timeOfId(id)).toBe(nowMs);
});

test('ids sort in the order they were made, also within a millisecond and when the clock goes back', () => {
  const times = Array.from({ length: 20_000 }, (_, i) => 1_800_000_000_000 + Math.floor(i / 100) - (i % 7));
  const ids = times.map((ms) => newId('request', ms));
  expect(ids).toEqual(ids.toSorted());
  expect(new Set(ids).size).toBe(ids.length);
});

test('nothing of an id can be told from another one but the time', () => {
  const tails = Array.from({ length: 1000 }, (_, i) => newId('job', 1_900_000_000_000 + i).slice(idPrefixes.job.length + 10));
  for (let place = 0; place < 16; place += 1) expect(new Set(tails.map((tail) => tail[place])).size).toBeGreaterThanOrEqual(16);
});
