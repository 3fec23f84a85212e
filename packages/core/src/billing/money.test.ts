import { AppError } from '@sluice/platform';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { runAudit } from '../audit/index.ts';
import { execute, inTransaction, sql } from '../database/index.ts';
import { adjust } from './adjust.ts';
import { createBillingWorld, type BillingWorld } from './fixtures/billing-world.ts';
import { listOrders } from './orders.ts';
import { recharge } from './recharge.ts';
import { settleCharges } from './settle-charges.ts';
import { listTransfers } from './transfers.ts';
import { getWallet } from './wallets.ts';

let world: BillingWorld;
beforeAll(async () => void (world = await createBillingWorld()));
afterAll(() => world.close());

afterEach(async () => {
  const { invariants } = await runAudit(world.em(), { recomputeNewest: 1_000_000 });
  expect(invariants.filter(({ findings }) => findings > 0)).toEqual([]);
});

const together = <Result>(times: number, work: (i: number) => Promise<Result>) => Promise.all(Array.from({ length: times }, (_, i) => work(i)));
const funds = async (userId: string) => {
  const { userId: _, ...wallet } = await getWallet(world.em(), userId);
  return wallet;
};
const oneJob = async (userId: string, hold: string) => (await world.submit([{ userId, hold }]))[0] as string;
const kindsOf = async (userId: string) =>
  (await listTransfers(world.em(), userId, { limit: 100, order: 'asc' })).map(({ kind, debit, credit, amount }) => `${kind} ${debit}>${credit} ${amount}`);

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
    const drafts = Array.from({ length: 120 }, (_, i) => ({ userId: users[i % 4] as string, hold: '3', batchId: `batch_${i % 2}`, conversationId: `cnv_${i % 5}` }));
    const jobIds = (await world.submit(drafts)) as string[];
    await world.finish(jobIds, { tokens: { input_tokens: 1, output_tokens: 1 } });
    const settled = await Promise.all([
      ...Array.from({ length: 6 }, (_, i) => world.settle(jobIds.slice(i * 10, i * 10 + 70))),
      ...jobIds.slice(30, 60).map((jobId) => world.settle([jobId])),
      world.settle(jobIds.toReversed()),
    ]);
    expect(settled.flat().map(({ jobId }) => jobId).toSorted()).toEqual(jobIds.toSorted());
    for (const userId of users) expect(await funds(userId)).toMatchObject({ balance: '940.0000', held: '0.0000', openJobs: 0 });
    const totals = await execute(world.em(), sql`select scope_id, jobs::int, cost::text from cost_totals where scope = 'batch' order by 1`);
    expect(totals).toEqual(['batch_0', 'batch_1'].map((scope_id) => ({ scope_id, jobs: 60, cost: '120.0000' })));
  });

  test('what a job costs beyond its hold comes from what is available, then becomes debt; other holds are never touched', async () => {
    const userId = await world.user('10');
    const [dear, other] = (await world.submit([{ userId, hold: '1' }, { userId, hold: '6' }])) as [string, string];
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
    const [failed, empty] = (await world.submit([{ userId, hold: '5' }, { userId, hold: '5' }], priceId)) as [string, string];
    await world.finish([failed], { usageSource: 'none', status: 'failed' });
    await world.finish([empty]);
    expect(await world.settle([failed, empty])).toMatchObject([{ cost: '0.0000', released: '5.0000' }, { cost: '5.0000', released: '0.0000' }]);
    expect(await funds(userId)).toMatchObject({ balance: '5.0000', held: '0.0000' });
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
    const jobIds = (await world.submit([{ userId, hold: '2' }, { userId, hold: '2' }])) as string[];
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

describe('recharges', () => {
  const request = (userId: string) => ({ userId, amount: '5', note: 'invoice 7', createdBy: world.admin, now: new Date('2026-01-01T00:00:00Z') });

  test('32 callers with one key get one order and one credit', async () => {
    const userId = await world.user();
    const orders = await together(32, () => recharge(world.em(), { ...request(userId), idempotencyKey: 'k1' }));
    expect(new Set(orders.map(({ id }) => id)).size).toBe(1);
    expect(orders[0]).toMatchObject({ userId, amount: '5.0000', note: 'invoice 7', createdBy: world.admin });
    expect(await funds(userId)).toMatchObject({ balance: '5.0000' });
    expect(await listOrders(world.em(), { limit: 20, order: 'desc', user_id: userId })).toHaveLength(1);
  });

  test('the same key with another body is refused, and the same amount in other words is the same body', async () => {
    const userId = await world.user();
    const first = await recharge(world.em(), { ...request(userId), idempotencyKey: 'k2' });
    const other = recharge(world.em(), { ...request(userId), amount: '6', idempotencyKey: 'k2' });
    await expect(other).rejects.toMatchObject({ code: 'idempotency_mismatch' });
    expect((await recharge(world.em(), { ...request(userId), amount: '5.00', idempotencyKey: 'k2' })).id).toBe(first.id);
    expect(await funds(userId)).toMatchObject({ balance: '5.0000' });
  });

  test('without a key every call is an order', async () => {
    const userId = await world.user();
    await together(3, () => recharge(world.em(), { ...request(userId), idempotencyKey: null }));
    expect(await funds(userId)).toMatchObject({ balance: '15.0000' });
  });

  test('debt is paid first', async () => {
    const userId = await world.user('1');
    const jobId = await oneJob(userId, '1');
    await world.finish([jobId], { tokens: { output_tokens: 8 } });
    await world.settle([jobId]);
    expect(await funds(userId)).toMatchObject({ balance: '0.0000', debt: '7.0000' });
    await recharge(world.em(), { ...request(userId), idempotencyKey: null });
    expect(await funds(userId)).toMatchObject({ balance: '0.0000', debt: '2.0000' });
    await recharge(world.em(), { ...request(userId), idempotencyKey: null });
    expect(await funds(userId)).toMatchObject({ balance: '3.0000', debt: '0.0000' });
    expect(await kindsOf(userId)).toEqual([
      'adjustment adjustment>wallet 1.0000',
      'usage wallet>revenue 1.0000',
      'usage_uncollected receivable>revenue 7.0000',
      'recharge cash_clearing>wallet 5.0000',
      'debt_repay wallet>receivable 5.0000',
      'recharge cash_clearing>wallet 5.0000',
      'debt_repay wallet>receivable 2.0000',
    ]);
  });

  test('a user who does not exist is not found, and the key stays unused', async () => {
    const userId = await world.user();
    await expect(recharge(world.em(), { ...request('usr_none'), idempotencyKey: 'k3' })).rejects.toMatchObject({ code: 'not_found' });
    await recharge(world.em(), { ...request(userId), idempotencyKey: 'k3' });
    expect(await funds(userId)).toMatchObject({ balance: '5.0000' });
  });

  test('a wallet that would overflow is a conflict and changes nothing', async () => {
    const userId = await world.user('9999999999999999.9999');
    await expect(recharge(world.em(), { ...request(userId), amount: '0.0001', idempotencyKey: null })).rejects.toMatchObject({ code: 'conflict' });
    expect(await funds(userId)).toMatchObject({ balance: '9999999999999999.9999' });
  });
});

describe('adjustments', () => {
  const adjustment = (userId: string, amount: string) => ({ userId, amount, note: 'goodwill', createdBy: world.admin, idempotencyKey: null });

  test('what is held or not there is never taken', async () => {
    const userId = await world.user('10');
    await oneJob(userId, '4');
    await expect(adjust(world.em(), adjustment(userId, '-6.0001'))).rejects.toBeInstanceOf(AppError);
    const taken = await adjust(world.em(), adjustment(userId, '-6'));
    expect(taken).toMatchObject({ kind: 'adjustment', debit: 'wallet', credit: 'adjustment', amount: '6.0000', note: 'goodwill' });
    expect(await funds(userId)).toMatchObject({ balance: '4.0000', held: '4.0000', available: '0.0000' });
  });

  test('16 callers with one key adjust once', async () => {
    const userId = await world.user();
    const transfers = await together(16, () => adjust(world.em(), { ...adjustment(userId, '2.5'), idempotencyKey: 'a1' }));
    expect(new Set(transfers.map(({ id }) => id)).size).toBe(1);
    expect(await funds(userId)).toMatchObject({ balance: '2.5000' });
  });

  test('who adjusted and why is written down', async () => {
    const userId = await world.user();
    const { id } = await adjust(world.em(), adjustment(userId, '1'));
    const [entry] = await execute(world.em(), sql`select actor_id, action, details from audit_log where object_id = ${id}`);
    expect(entry).toEqual({ actor_id: world.admin, action: 'adjustment.create', details: { user_id: userId, amount: '1', note: 'goodwill' } });
  });
});

describe('lists', () => {
  test('pages of transfers join without gap or double, both ways', async () => {
    const userId = await world.user();
    for (let i = 1; i <= 5; i += 1) await adjust(world.em(), { userId, amount: `${i}`, note: '', createdBy: world.admin, idempotencyKey: null });
    const walk = async (order: 'asc' | 'desc') => {
      const amounts: string[] = [];
      for (let after: string | undefined; ; ) {
        const page = await listTransfers(world.em(), userId, { limit: 2, order, after });
        amounts.push(...page.slice(0, 2).map(({ amount }) => amount));
        if (page.length <= 2) return amounts;
        after = page[1]?.id;
      }
    };
    expect(await walk('asc')).toEqual(['1.0000', '2.0000', '3.0000', '4.0000', '5.0000']);
    expect(await walk('desc')).toEqual(['5.0000', '4.0000', '3.0000', '2.0000', '1.0000']);
  });

  test("another user's transfer is an unknown cursor", async () => {
    const [mine, theirs] = [await world.user('1'), await world.user('1')];
    const [transfer] = await listTransfers(world.em(), theirs, { limit: 1, order: 'desc' });
    for (const after of [transfer?.id, 'trf_x', '']) {
      await expect(listTransfers(world.em(), mine, { limit: 1, order: 'desc', after })).rejects.toMatchObject({ code: 'invalid_request', param: 'after' });
    }
  });
});

describe('the ledger', () => {
  test.each(['update transfers set amount = 2', 'delete from transfers', 'update settlements set outcome = outcome', 'delete from settlements', "update prices set price = '{}'"])(
    '%s is refused by the database',
    async (statement) => {
      await expect(execute(world.em(), sql.raw(statement))).rejects.toThrow('append-only');
    },
  );
});
