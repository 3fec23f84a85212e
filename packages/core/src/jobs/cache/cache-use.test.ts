import type { Price } from '@sluice/contract';
import { expect, test } from 'vitest';
import { planCacheUse } from './cache-use.ts';

const price: Price = { mode: 'simple', input_price: '1', output_price: '2' };
const question = {
  userId: 'usr_a',
  kind: 'text' as const,
  model: 'm',
  routes: [],
  request: { messages: [], params: {} },
  maxTokens: 1,
  templateVersionId: null,
  usesOwnKey: false,
  priceFactor: '1.0000',
};

test('an answer that was let through by other word lists is another answer', () => {
  const keyUnder = (outputRules?: string) =>
    planCacheUse({ ...question, outputRules }, { ttlS: 60, scope: 'user', priceFactor: '1' }, price).key;
  expect(new Set([keyUnder(), keyUnder('wdl_a 1'), keyUnder('wdl_a 2')]).size).toBe(3);
  expect(keyUnder('wdl_a 2')).toBe(keyUnder('wdl_a 2'));
});

test("an answer to somebody's own provider key is theirs alone, also where everybody shares", () => {
  const keyOf = (userId: string, usesOwnKey: boolean) =>
    planCacheUse({ ...question, outputRules: undefined, userId, usesOwnKey }, { ttlS: 60, scope: 'everyone', priceFactor: '1' }, price).key;
  expect(keyOf('usr_a', false)).toBe(keyOf('usr_b', false));
  expect(new Set([keyOf('usr_a', false), keyOf('usr_a', true), keyOf('usr_b', true)]).size).toBe(3);
});
