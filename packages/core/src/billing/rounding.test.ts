import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTestDatabase } from '../../../../test/support/database.ts';
import { createDatabase, execute, sql } from '../database/index.ts';
import { price, priceFactor, usage } from './testing/arbitraries.ts';
import { priceUsage } from './price-usage.ts';

test('the cost is what PostgreSQL rounds the exact cost to, which is the whole price times the factor', async () => {
  const server = await createTestDatabase();
  const database = await createDatabase({ url: server.url });
  const priced = fc.sample(fc.tuple(price, usage, fc.boolean(), priceFactor), 20_000).map(([price, tokens, isBatch, factor]) => ({
    ...priceUsage(price, tokens, { isBatch, priceFactor: factor }),
    whole: priceUsage(price, tokens, { isBatch }).exact,
    factor,
  }));
  const differing = await execute(
    database.em(),
    sql`select exact, cost from json_to_recordset(${JSON.stringify(priced)}::json)
          as row (exact numeric, cost text, whole numeric, factor numeric)
        where round(exact, 4)::text <> cost or exact <> whole * factor`,
  );
  await database.close();
  await server.close();
  expect(differing).toEqual([]);
});
