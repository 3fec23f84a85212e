import { AppError } from '@sluice/platform';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { execute, sql } from '../database/index.ts';
import { adjust } from './adjust.ts';
import { listOrders } from './orders.ts';
import { recharge } from './recharge.ts';
import { createBillingWorld, type BillingWorld } from './testing/billing-world.ts';
import { expectSound } from './testing/expect-sound.ts';
import { fundsIn, jobOf, together } from './testing/stories.ts';
import { listTransfers } from './transfers.ts';

let world: BillingWorld;
beforeAll(async () => void (world = await createBillingWorld()));
afterAll(() => world.close());
afterEach(() => expectSound(world.em()));

const funds = (userId: string) => fundsIn(world, userId);
const oneJob = (userId: string, hold: string) => jobOf(world, userId, hold);
const kindsOf = async (userId: string) =>
  (await listTransfers(world.em(), userId, { limit: 100, order: 'asc' })).map(
    ({ kind, debit, credit, amount }) => `${kind} ${debit}>${credit} ${amount}`,
  );

describe('recharges', () => {
  const request = (userId: string) => ({
    userId,
    amount: '5',
    note: 'invoice 7',
    createdBy: world.admin,
    now: new Date('2026-01-01T00:00:00Z'),
  });

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
    await expect(recharge(world.em(), { ...request(userId), amount: '0.0001', idempotencyKey: null })).rejects.toMatchObject({
      code: 'conflict',
    });
    expect(await funds(userId)).toMatchObject({ balance: '9999999999999999.9999' });
  });
});

describe('adjustments', () => {
  const adjustment = (userId: string, amount: string) => ({
    userId,
    amount,
    note: 'goodwill',
    createdBy: world.admin,
    idempotencyKey: null,
  });

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
    expect(entry).toEqual({
      actor_id: world.admin,
      action: 'adjustment.create',
      details: { user_id: userId, amount: '1', note: 'goodwill' },
    });
  });
});

describe('lists', () => {
  test('pages of transfers join without gap or double, both ways', async () => {
    const userId = await world.user();
    for (let i = 1; i <= 5; i += 1)
      await adjust(world.em(), { userId, amount: `${i}`, note: '', createdBy: world.admin, idempotencyKey: null });
    const walk = async (order: 'asc' | 'desc') => {
      const amounts: string[] = [];
      for (let after: string | undefined; ;) {
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
      await expect(listTransfers(world.em(), mine, { limit: 1, order: 'desc', after })).rejects.toMatchObject({
        code: 'invalid_request',
        param: 'after',
      });
    }
  });
});
