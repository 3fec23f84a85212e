import type { Price } from '@sluice/contract';
import { expect, test } from 'vitest';
import { planCacheUse } from './cache-use.ts';

test('an answer that was let through by other word lists is another answer', () => {
  const price = { mode: 'simple', input_price: '1', output_price: '2' } as Price;
  const question = {
    userId: 'usr_a',
    kind: 'text' as const,
    model: 'm',
    routes: [],
    request: { messages: [], params: {} },
    maxTokens: 1,
    templateVersionId: null,
    priceFactor: '1.0000',
  };
  const keyUnder = (outputRules?: string) =>
    planCacheUse({ ...question, outputRules }, { ttlS: 60, scope: 'user', priceFactor: '1' }, price).key;
  expect(new Set([keyUnder(), keyUnder('wdl_a 1'), keyUnder('wdl_a 2')]).size).toBe(3);
  expect(keyUnder('wdl_a 2')).toBe(keyUnder('wdl_a 2'));
});
