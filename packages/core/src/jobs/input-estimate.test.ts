import { expect, test } from 'vitest';
import { estimateInput } from './input-estimate.ts';

const ask = (content: unknown) => [{ role: 'user', content }];

test('Chinese text counts far more per character than ASCII', () => {
  expect(estimateInput(ask('a'.repeat(3000)), [])).toBeGreaterThanOrEqual(1000);
  expect(estimateInput(ask('字'.repeat(3000)), [])).toBeGreaterThanOrEqual(4500);
});

test('texts inside parts, and tools, are counted', () => {
  const parts = estimateInput(ask([{ type: 'text', text: 'a'.repeat(3000) }]), []);
  expect(parts).toBeGreaterThanOrEqual(1000);
  expect(estimateInput(ask('hi'), [{ name: 'a'.repeat(3000) }])).toBeGreaterThanOrEqual(1000);
});

test('even an empty question has some tokens', () => {
  expect(estimateInput(ask(''), [])).toBeGreaterThan(0);
});
