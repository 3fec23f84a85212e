import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { execute, inTransaction, sql } from '../database/index.ts';
import { settleCharges } from './settle-charges.ts';
import { createBillingWorld, type BillingWorld } from './testing/billing-world.ts';
import { expectSound } from './testing/expect-sound.ts';
import { fundsIn, jobOf, together } from './testing/stories.ts';

let world: BillingWorld;
beforeAll(async () => void (world = await createBillingWorld()));
afterAll(() => world.close());
afterEach(() => expectSound(world.em()));

const funds = (userId: string) => fundsIn(world, userId);
const oneJob = (userId: string, hold: string) => jobOf(world, userId, hold);

describe('holds', () => {
  test('64 submits that race for a wallet that affords 10 get exactly 10 holds', async () => {
    const userId = await world.user('10.5');
    const jobs = await together(64, () => oneJob(userId, '1'));
    expect(jobs.filter(Boolean)).toHaveLength(10);
    expect(await funds(userId)).toEqual({ balance: '10.5000', held: '10.0000', available: '0.5000', debt: '0.0000', openJobs: 10 });
  });

  test('a list is held in order, each row on its own', async () => {
    const [rich, poor] = [await world.user('5'), await world.user('1')];
    const drafts = [rich, poor, rich, poor, rich].map((userId, i) => ({ userId, hold: ['3', '1.0001', '2.0001', '1', '2'][i] as string }));
    expect((await world.submit(drafts)).map(Boolean)).toEqual([true, false, false, true, true]);
    expect(await funds(rich)).toMatchObject({ held: '5.0000', openJobs: 2 });
  });

  test('lists of many users that overlap in other orders never deadlock', async () => {
    const users = await Promise.all(Array.from({ length: 8 }, () => world.user('100')));
    await together(24, (i) => world.submit((i % 2 ? users : users.toReversed()).map((userId) => ({ userId, hold: '1' }))));
    for (const userId of users) expect(await funds(userId)).toMatchObject({ held: '24.0000', openJobs: 24 });
  });
});

describe('settlement', () => {
  test('a job that is settled by 20 callers at once is charged once', async () => {
    const userId = await world.user('100');
    const jobId = await oneJob(userId, '30');
    await world.finish([jobId], { tokens: { input_tokens: 5, output_tokens: 7 } });
    const settled = await together(20, () => world.settle([jobId]));
    expect(settled.flat()).toEqual([{ jobId, cost: '12.0000', collected: '12.0000', uncollected: '0.0000', released: '18.0000' }]);
    expect(await funds(userId)).toEqual({ balance: '88.0000', held: '0.0000', available: '88.0000', debt: '0.0000', openJobs: 0 });
  });

  test('a charge that comes again, in one list or another, moves nothing', async () => {
    const userId = await world.user('100');
    const jobId = await oneJob(userId, '30');
    await world.finish([jobId], { tokens: { output_tokens: 1 } });
    const [charge] = await world.charges([jobId]);
    if (!charge) throw new Error('no charge');
    const charged = await together(20, () => inTransaction(world.em(), (tx) => settleCharges(tx, [charge, charge])));
    await execute(world.em(), sql`update jobs set billing_state = 'settled' where id = ${jobId}`);
    expect(charged.flat()).toHaveLength(1);
    expect(await funds(userId)).toMatchObject({ balance: '99.0000', held: '0.0000' });
  });

  test('lists and single jobs that overlap charge each job once', async () => {
    const users = await Promise.all(Array.from({ length: 4 }, () => world.user('1000')));
    const drafts = Array.from({ length: 120 }, (_, i) => ({
      userId: users[i % 4] as string,
      hold: '3',
      batchId: `batch_${i % 2}`,
      conversationId: `cnv_${i % 5}`,
    }));
    const jobIds = (await world.submit(drafts)) as string[];
    await world.finish(jobIds, { tokens: { input_tokens: 1, output_tokens: 1 } });
    const settled = await Promise.all([
      ...Array.from({ length: 6 }, (_, i) => world.settle(jobIds.slice(i * 10, i * 10 + 70))),
      ...jobIds.slice(30, 60).map((jobId) => world.settle([jobId])),
      world.settle(jobIds.toReversed()),
    ]);
    expect(
      settled
        .flat()
        .map(({ jobId }) => jobId)
        .toSorted(),
    ).toEqual(jobIds.toSorted());
    for (const userId of users) expect(await funds(userId)).toMatchObject({ balance: '940.0000', held: '0.0000', openJobs: 0 });
    const totals = await execute(world.em(), sql`select scope_id, jobs::int, cost::text from cost_totals where scope = 'batch' order by 1`);
    expect(totals).toEqual(['batch_0', 'batch_1'].map((scope_id) => ({ scope_id, jobs: 60, cost: '120.0000' })));
  });

  test('what a job costs beyond its hold comes from what is available, then becomes debt; other holds are never touched', async () => {
    const userId = await world.user('10');
    const [dear, other] = (await world.submit([
      { userId, hold: '1' },
      { userId, hold: '6' },
    ])) as [string, string];
    await world.finish([dear], { tokens: { output_tokens: 7 } });
    expect(await world.settle([dear])).toMatchObject([{ cost: '7.0000', collected: '4.0000', uncollected: '3.0000', released: '0.0000' }]);
    expect(await funds(userId)).toEqual({ balance: '6.0000', held: '6.0000', available: '0.0000', debt: '3.0000', openJobs: 1 });
    expect(await world.submit([{ userId, hold: '0' }])).toEqual([null]);

    await world.finish([other], { usageSource: 'none', status: 'cancelled' });
    await world.settle([other]);
    expect(await funds(userId)).toEqual({ balance: '3.0000', held: '0.0000', available: '3.0000', debt: '0.0000', openJobs: 0 });
  });

  test('a job that is not billable costs nothing, no fee either', async () => {
    const userId = await world.user('10');
    const priceId = await world.price({ mode: 'simple', input_price: '1', output_price: '1', per_request_fee: '5' });
    const [failed, empty] = (await world.submit(
      [
        { userId, hold: '5' },
        { userId, hold: '5' },
      ],
      priceId,
    )) as [string, string];
    await world.finish([failed], { usageSource: 'none', status: 'failed' });
    await world.finish([empty]);
    expect(await world.settle([failed, empty])).toMatchObject([
      { cost: '0.0000', released: '5.0000' },
      { cost: '5.0000', released: '0.0000' },
    ]);
    expect(await funds(userId)).toMatchObject({ balance: '5.0000', held: '0.0000' });
  });

  test.each([
    { factor: '0', hold: '0', cost: '0.0000' },
    { factor: '0.2', hold: '2', cost: '1.4000' },
    { factor: '1.5', hold: '5', cost: '10.5000' },
  ])('a job at $factor of its price is charged once, and its settlement says at what', async ({ factor, hold, cost }) => {
    const userId = await world.user('20');
    const [jobId] = (await world.submit([{ userId, hold, priceFactor: factor, batchId: `batch_${factor}` }])) as [string];
    await world.finish([jobId], { tokens: { input_tokens: 3, output_tokens: 4 } });
    const settled = await together(8, () => world.settle([jobId]));
    expect(settled.flat()).toMatchObject([{ jobId, cost, uncollected: '0.0000' }]);
    const [row] = await execute(
      world.em(),
      sql`select price_factor::float8 as factor, cost::text, billable, input_tokens::int as input,
            (select count(*)::int from transfers where transfers.job_id = settlements.job_id) as transfers
          from settlements where job_id = ${jobId}`,
    );
    expect(row).toEqual({ factor: Number(factor), cost, billable: true, input: 3, transfers: factor === '0' ? 0 : 1 });
    const left = (20 - Number(cost)).toFixed(4);
    expect(await funds(userId)).toEqual({ balance: left, held: '0.0000', available: left, debt: '0.0000', openJobs: 0 });
  });

  test('a factor that is lowered before the settlement gives the rest of the hold back', async () => {
    const userId = await world.user('10');
    const jobId = await oneJob(userId, '7');
    await execute(world.em(), sql`update jobs set price_factor = 0.1 where id = ${jobId}`);
    await world.finish([jobId], { tokens: { output_tokens: 7 } });
    expect(await world.settle([jobId])).toMatchObject([{ cost: '0.7000', released: '6.3000' }]);
  });

  test.each(['estimated', 'mixed'] as const)('%s usage is never charged above the hold', async (usageSource) => {
    const userId = await world.user('10');
    const jobId = await oneJob(userId, '2');
    await world.finish([jobId], { tokens: { output_tokens: 9 }, usageSource });
    expect(await world.settle([jobId])).toMatchObject([{ cost: '2.0000', released: '0.0000' }]);
  });

  test('more than 2^31 tokens are charged exactly', async () => {
    const userId = await world.user('1000000');
    const priceId = await world.price({ mode: 'simple', input_price: '0.0025', output_price: '0.01' });
    const [jobId] = (await world.submit([{ userId, hold: '1' }], priceId)) as [string];
    await world.finish([jobId], { tokens: { input_tokens: 3_000_000_001, output_tokens: 7 } });
    expect(await world.settle([jobId])).toMatchObject([{ cost: '7500.0001', collected: '7500.0001' }]);
  });

  test('a list in which one charge is impossible changes nothing', async () => {
    const userId = await world.user('10');
    const jobIds = (await world.submit([
      { userId, hold: '2' },
      { userId, hold: '2' },
    ])) as string[];
    await world.finish(jobIds, { tokens: { output_tokens: 1 } });
    const [good, bad] = await world.charges(jobIds);
    if (!good || !bad) throw new Error('no charges');
    const impossible = { ...bad, tokens: { ...bad.tokens, cached_input_tokens: 1 } };
    await expect(inTransaction(world.em(), (tx) => settleCharges(tx, [good, impossible]))).rejects.toThrow('invalid usage');
    await expect(inTransaction(world.em(), (tx) => settleCharges(tx, [good, { ...bad, userId: 'usr_none' }]))).rejects.toThrow('missing');
    expect(await funds(userId)).toMatchObject({ balance: '10.0000', held: '4.0000', openJobs: 2 });
    expect(await world.settle(jobIds)).toHaveLength(2);
  });
});

describe('the ledger', () => {
  test.each([
    'update transfers set amount = 2',
    'delete from transfers',
    'update settlements set outcome = outcome',
    'delete from settlements',
    "update prices set price = '{}'",
  ])('%s is refused by the database', async (statement) => {
    await expect(execute(world.em(), sql.raw(statement))).rejects.toThrow('append-only');
  });
});
