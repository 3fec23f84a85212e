import { expect, test } from 'vitest';
import { createMessageTurns } from './message-turns.ts';

const model = ['p', 'm'];

function begin() {
  let now = 1000;
  const turns = createMessageTurns({ nowMs: () => now, random: () => 0.5 });
  return { turns, forward: (ms: number) => void (now += ms) };
}

test('messages of one model come back one after another, and those of others do not wait for them', () => {
  const { turns, forward } = begin();
  expect([1, 2, 3].map(() => turns.takeTurn(model, 100))).toEqual([100, 120, 140]);
  expect(turns.takeTurn(['p', 'n'], 100)).toBe(100);
  forward(110);
  expect(turns.takeTurn(model, 100)).toBe(100);
  forward(10_000);
  expect(turns.takeTurn(model, 0)).toBe(0);
});

test('nobody waits much longer than that, however many there are, and they do not come back together', () => {
  const { turns } = begin();
  const waits = Array.from({ length: 5000 }, () => turns.takeTurn(model, 100));
  expect(Math.max(...waits)).toBeLessThanOrEqual(30_100);
  expect(waits.at(-1)).toBe(100 + 22_500);
  expect(new Set(waits).size).toBeGreaterThan(1400);
});
