import { expect, test } from 'vitest';
import { createSimLedger } from './sim-ledger.ts';

test('the ledger lets the oldest calls go and says how many', () => {
  const book = createSimLedger();
  for (let i = 0; i < 30_000; i++) book.end(book.start({ key: 'k', model: 'm', tag: null, isStream: true }, i), 'completed', i);
  expect(book.calls().length).toBeLessThanOrEqual(22_000);
  expect(book.calls().length + book.dropped()).toBe(30_000);
  expect(book.outcomes()).toEqual({ completed: 30_000 });
});
