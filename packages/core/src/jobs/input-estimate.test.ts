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

test('an image counts the same, whatever its size', () => {
  const picture = (size: number) => ({ type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(size)}` } });
  const small = estimateInput(ask([picture(10)]), []);
  expect(small).toBeGreaterThanOrEqual(1600);
  expect(estimateInput(ask([picture(1_000_000)]), [])).toBe(small);
  expect(estimateInput(ask([picture(10), picture(10)]), [])).toBe(small + 1600);
});

test('even an empty question has some tokens', () => {
  expect(estimateInput(ask(''), [])).toBeGreaterThan(0);
});
