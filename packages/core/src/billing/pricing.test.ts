import { noTokens, Price, type TokenCounts } from '@sluice/contract';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { areEqual, fractionOf, recomputeExactCost, roundedCredits } from '../audit/index.ts';
import { completePrice } from './complete-price.ts';
import { parseCredits, parseDecimal, renderDecimal, renderShortest } from './decimal.ts';
import { boundedUsage, price, priceFactor, simplePrice, tieredPrice, unitPrice, usage } from './testing/arbitraries.ts';
import { priceUsage } from './price-usage.ts';
import { exactScale } from './rates.ts';
import { worstCaseCost } from './worst-case-cost.ts';

const exactOf = (price: Price, tokens: TokenCounts, isBatch = false) =>
  parseDecimal(priceUsage(price, tokens, { isBatch }).exact, exactScale);
const check = <Values extends [unknown, ...unknown[]]>(property: fc.IProperty<Values>, numRuns = 2000) => fc.assert(property, { numRuns });

test('the cost is what a second implementation computes', () => {
  check(
    fc.property(price, usage, fc.boolean(), priceFactor, (price, tokens, isBatch, factor) => {
      const { exact, cost } = priceUsage(price, tokens, { isBatch, priceFactor: factor });
      const again = recomputeExactCost({ price, tokens, isBatch, priceFactor: factor });
      expect(areEqual(again, fractionOf(exact))).toBe(true);
      expect(parseCredits(cost)).toBe(roundedCredits(again));
    }),
    20_000,
  );
});

test('the cost is not below 0 and at most half a unit from the exact cost', () => {
  check(
    fc.property(price, usage, fc.boolean(), (price, tokens, isBatch) => {
      const { exact, cost } = priceUsage(price, tokens, { isBatch });
      const off = parseDecimal(cost, exactScale) - parseDecimal(exact, exactScale);
      expect(parseCredits(cost)).toBeGreaterThanOrEqual(0n);
      expect(off < 0n ? -off : off).toBeLessThanOrEqual(parseDecimal('0.00005', exactScale));
    }),
  );
});

test('no usage costs the fee alone, in a batch too', () => {
  check(
    fc.property(price, fc.boolean(), (price, isBatch) => {
      expect(exactOf(price, noTokens, isBatch)).toBe(parseDecimal(price.per_request_fee ?? '0', exactScale));
    }),
  );
});

test('inside a tier, one token more never costs less', () => {
  check(
    fc.property(price, usage, (price, tokens) => {
      for (const field of ['input_tokens', 'output_tokens'] as const) {
        const more = { ...tokens, [field]: tokens[field] + 1 };
        if (priceUsage(price, more, { isBatch: false }).tier !== priceUsage(price, tokens, { isBatch: false }).tier) continue;
        expect(exactOf(price, more)).toBeGreaterThanOrEqual(exactOf(price, tokens));
      }
    }),
  );
});

test('k times the usage costs k times as much with a simple price without a fee', () => {
  check(
    fc.property(simplePrice, usage, fc.nat(1000), fc.boolean(), (price, tokens, k, isBatch) => {
      const free = { ...price, per_request_fee: '0' };
      const scaled = {
        input_tokens: tokens.input_tokens * k,
        cached_input_tokens: tokens.cached_input_tokens * k,
        output_tokens: tokens.output_tokens * k,
        reasoning_tokens: tokens.reasoning_tokens * k,
      };
      expect(exactOf(free, scaled, isBatch)).toBe(BigInt(k) * exactOf(free, tokens, isBatch));
    }),
  );
});

test('cached input never costs more, when its price is not above the input price', () => {
  check(
    fc.property(unitPrice, unitPrice, unitPrice, usage, (a, b, output_price, tokens) => {
      const [cached_input_price, input_price] = parseDecimal(a, 10) < parseDecimal(b, 10) ? [a, b] : [b, a];
      const price: Price = { mode: 'simple', input_price, output_price, cached_input_price };
      expect(exactOf(price, tokens)).toBeLessThanOrEqual(exactOf(price, { ...tokens, cached_input_tokens: 0 }));
    }),
  );
});

test('how much of the output was reasoning makes no difference, when the prices are equal', () => {
  check(
    fc.property(unitPrice, unitPrice, usage, (input_price, output_price, tokens) => {
      const price: Price = { mode: 'simple', input_price, output_price, reasoning_price: output_price };
      expect(exactOf(price, tokens)).toBe(exactOf(price, { ...tokens, reasoning_tokens: 0 }));
    }),
  );
});

test('the tier depends on the basis alone', () => {
  check(
    fc.property(tieredPrice, usage, fc.boolean(), (price, tokens, isBatch) => {
      const { tier } = priceUsage(price, tokens, { isBatch });
      const basis = tokens.input_tokens + (price.tier_basis === 'total' ? tokens.output_tokens : 0);
      const plain = { ...noTokens, input_tokens: basis };
      expect(priceUsage(price, plain, { isBatch: !isBatch }).tier).toBe(tier);
    }),
  );
});

test('tiers in another order are refused, not put in order', () => {
  check(
    fc.property(
      tieredPrice.filter(({ tiers }) => tiers.length > 1),
      (price) => {
        expect(Price.safeParse(price).success).toBe(true);
        expect(Price.safeParse({ ...price, tiers: price.tiers.toReversed() }).success).toBe(false);
      },
    ),
    500,
  );
});

test('a batch never costs more with a multiplier of at most 1, when the cache saves there too', () => {
  check(
    fc.property(price, fc.constantFrom('1', '0.5', '0.3', '0'), usage, (price, batch_multiplier, tokens) => {
      const batch: Price = { ...price, batch_multiplier, cache_in_batch: 'stack' };
      expect(exactOf(batch, tokens, true)).toBeLessThanOrEqual(exactOf(batch, tokens));
    }),
  );
});

test('a factor of 0 costs and holds nothing, the fee neither; one of 1 changes nothing', () => {
  check(
    fc.property(boundedUsage, fc.boolean(), ({ price, bound, tokens }, isBatch) => {
      const [free, plain] = [{ isBatch, priceFactor: '0' }, { isBatch }];
      expect(priceUsage(price, tokens, free)).toMatchObject({ exact: '0', cost: '0.0000' });
      expect(worstCaseCost(price, { ...bound, ...free })).toBe('0.0000');
      expect(priceUsage(price, tokens, { isBatch, priceFactor: '1.0000' })).toEqual(priceUsage(price, tokens, plain));
    }),
  );
});

test('a price is rounded once, after its factor', () => {
  // Rounded before the factor, 0.00014 would be 0.0001 and half of it 0.0001 again; 0.00025 would be 0.0003 and a tenth of it nothing.
  const priced = (input_price: string, priceFactor: string) => {
    const price: Price = { mode: 'simple', input_price, output_price: '0' };
    return priceUsage(price, { ...noTokens, input_tokens: 1 }, { isBatch: false, priceFactor });
  };
  expect(priced('0.14', '0.5')).toEqual({ exact: '0.00007', cost: '0.0001', tier: 0 });
  expect(priced('0.14', '0.3')).toEqual({ exact: '0.000042', cost: '0.0000', tier: 0 });
  expect(priced('0.25', '0.2')).toEqual({ exact: '0.00005', cost: '0.0001', tier: 0 });
  expect(priced('0.2499999999', '0.2')).toMatchObject({ cost: '0.0000' });
});

test('the hold covers every usage within its bounds, at the edges of tiers too', () => {
  check(
    fc.property(boundedUsage, fc.boolean(), priceFactor, ({ price, bound, tokens }, isBatch, factor) => {
      const mode = { isBatch, priceFactor: factor };
      const hold = parseCredits(worstCaseCost(price, { ...bound, ...mode }));
      expect(hold).toBeGreaterThanOrEqual(parseCredits(priceUsage(price, tokens, mode).cost));
    }),
    20_000,
  );
});

test('a completed price states every field and costs the same', () => {
  check(
    fc.property(price, usage, fc.boolean(), (price, tokens, isBatch) => {
      const complete = completePrice(price);
      expect(complete).toMatchObject({
        per_request_fee: expect.any(String),
        batch_multiplier: expect.any(String),
        cache_in_batch: expect.any(String),
      });
      expect(completePrice(complete)).toEqual(complete);
      expect(exactOf(complete, tokens, isBatch)).toBe(exactOf(price, tokens, isBatch));
    }),
  );
});

test('a decimal survives being read and written', () => {
  check(
    fc.property(fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }), fc.nat(23), (units, scale) => {
      expect(parseDecimal(renderDecimal(units, scale), scale)).toBe(units);
      expect(parseDecimal(renderShortest(units, scale), scale)).toBe(units);
    }),
  );
});

test.each(['', '.', '1.', '.5', '1e3', '0x1', ' 1', '1,5', '--1', '+1', 'NaN', 'Infinity', '1.23456'])(
  '%j is no amount of credits',
  (text) => {
    expect(() => parseCredits(text)).toThrow(RangeError);
  },
);
