import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isDeeperThan } from './json-depth.ts';

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

test('the depth of any JSON is found, whatever brackets and quotes its texts hold', () => {
  const texts = fc.string({ unit: fc.constantFrom('"', '\\', '[', ']', '{', '}', 'a', '\n') });
  const anyJson = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'large' },
      texts,
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(texts, tie('value'), { maxKeys: 3, noNullPrototype: true }),
    ),
  })).value;
  fc.assert(
    fc.property(anyJson, (value) => {
      const depth = depthOf(value);
      expect(isDeeperThan(JSON.stringify(value), depth)).toBe(false);
      if (depth > 0) expect(isDeeperThan(JSON.stringify(value), depth - 1)).toBe(true);
    }),
  );
});

test('a megabyte of brackets is refused without a stack', () => {
  expect(isDeeperThan('['.repeat(1_000_000), 64)).toBe(true);
  expect(isDeeperThan('[]'.repeat(500_000), 64)).toBe(false);
});

test('text that is no JSON ends', () => {
  expect(isDeeperThan('"[[[[', 1)).toBe(false);
  expect(isDeeperThan('"\\'.repeat(100_000), 1)).toBe(false);
});
