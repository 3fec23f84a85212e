import { expect, test } from 'vitest';
import { creditScale, parseCredits, parseDecimal, renderCredits, roundHalfUp } from './decimal.ts';
import { asTokens, readVectors } from './testing/vectors.ts';
import { planSettlement } from './plan-settlement.ts';
import { priceUsage } from './price-usage.ts';
import { exactScale } from './rates.ts';
import { worstCaseCost } from './worst-case-cost.ts';

const { priced, refused, aggregates, holds, settlements } = readVectors();
const renderAll = (units: Record<string, bigint>) =>
  Object.fromEntries(Object.entries(units).map(([name, value]) => [name, renderCredits(value)]));

test.each(priced)('price $id: $title', ({ price, usage, is_batch: isBatch, expect: { exact, cost, tier_index: tier } }) => {
  expect(priceUsage(price, asTokens(usage), { isBatch })).toEqual({ exact, cost, tier });
});

test.each(refused)('price $id: $title', ({ price, usage, is_batch: isBatch }) => {
  expect(() => priceUsage(price, asTokens(usage), { isBatch })).toThrow('invalid usage');
});

test.each(aggregates)('total $id: $title', ({ job_exact_costs: exactCosts, expect: expected }) => {
  const costs = exactCosts.map((exact) => roundHalfUp(parseDecimal(exact, exactScale), exactScale - creditScale));
  expect(costs.map(renderCredits)).toEqual(expected.job_costs);
  expect(renderCredits(costs.reduce((sum, cost) => sum + cost, 0n))).toBe(expected.total);
});

test.each(holds)(
  'hold $id: $title',
  ({ pricing, est_input_tokens: inputTokens, max_output_tokens: maxOutputTokens, is_batch: isBatch, expect: expected }) => {
    expect(worstCaseCost(pricing, { inputTokens, maxOutputTokens, isBatch })).toBe(expected.hold);
  },
);

test.each(settlements)('settlement $id: $title', ({ before, hold, exact_cost: exact, usage_source: usageSource, expect: expected }) => {
  const funds = { balance: parseCredits(before.balance), held: parseCredits(before.held), debt: parseCredits(before.debt) };
  const { capApplied, after, ...amounts } = planSettlement(funds, { exact, usageSource, hold: parseCredits(hold) });
  expect({ ...renderAll(amounts), cap_applied: capApplied, after: renderAll({ ...after }) }).toEqual(expected);
});
