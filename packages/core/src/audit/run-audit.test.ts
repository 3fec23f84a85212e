import type { EntityManager } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { adjust, recharge } from '../billing/index.ts';
import { createBillingWorld, type BillingWorld } from '../billing/testing/billing-world.ts';
import { execute, sql } from '../database/index.ts';
import { invariants } from './invariants.ts';
import { runAudit } from './run-audit.ts';

/** One fact made wrong for each rule, and every rule that notices. */
const corruptions: { id: string; fact: string; noticedBy: string[] }[] = [
  { id: 'I1', fact: `update wallets set balance = balance + 1 where user_id = :rich`, noticedBy: ['I1'] },
  { id: 'I1', fact: `delete from transfers where user_id = :rich and kind = 'adjustment'`, noticedBy: ['I1'] },
  { id: 'I2', fact: `update wallets set held = held + 1 where user_id = :rich`, noticedBy: ['I2'] },
  { id: 'I3', fact: `update wallets set debt = debt + 1 where user_id = :owing`, noticedBy: ['I3'] },
  { id: 'I4', fact: `update wallets set open_jobs = -1 where user_id = :rich`, noticedBy: ['I4', 'I20'] },
  { id: 'I4', fact: `update wallets set held = balance + 1 where user_id = :rich`, noticedBy: ['I2', 'I4'] },
  {
    id: 'I5',
    fact: `update settlements set collected = collected - 1, uncollected = uncollected + 1 where job_id = :settled`,
    noticedBy: ['I5'],
  },
  { id: 'I6', fact: `delete from settlements where job_id = :settled`, noticedBy: ['I6', 'I8', 'I15'] },
  { id: 'I7', fact: `update jobs set status = 'queued' where id = :pending`, noticedBy: ['I7'] },
  { id: 'I8', fact: `update jobs set billing_state = 'settled' where id = :pending`, noticedBy: ['I2', 'I8', 'I20'] },
  { id: 'I10', fact: `update settlements set user_id = :owing where job_id = :settled`, noticedBy: ['I10'] },
  { id: 'I10', fact: `update jobs set hold = hold + 1 where id = :settled`, noticedBy: ['I10'] },
  { id: 'I10', fact: `update settlements set outcome = 'failed' where job_id = :settled`, noticedBy: ['I10'] },
  { id: 'I10', fact: `update jobs set price_factor = 0.5 where id = :settled`, noticedBy: ['I10'] },
  { id: 'I11', fact: `update settlements set cap_applied = true where job_id = :settled`, noticedBy: ['I11'] },
  { id: 'I11', fact: `update settlements set released = released + 1 where job_id = :settled`, noticedBy: ['I11'] },
  { id: 'I13', fact: `delete from orders where user_id = :owing`, noticedBy: ['I13'] },
  { id: 'I13', fact: `update orders set amount = amount + 1 where user_id = :owing`, noticedBy: ['I13'] },
  { id: 'I15', fact: `update cost_totals set cost = cost + 1 where scope = 'batch'`, noticedBy: ['I15'] },
  { id: 'I15', fact: `delete from cost_totals where scope = 'conversation'`, noticedBy: ['I15'] },
  { id: 'I16', fact: `update attempts set reasoning_tokens = reasoning_tokens + 1 where job_id = :settled`, noticedBy: ['I16'] },
  { id: 'I16', fact: `update attempts set billable = false where job_id = :settled`, noticedBy: ['I16'] },
  { id: 'I18', fact: `update transfers set debit = 'revenue' where user_id = :owing and kind = 'recharge'`, noticedBy: ['I18'] },
  { id: 'I19', fact: `update wallets set debt = 1 where user_id = :rich`, noticedBy: ['I3', 'I19'] },
  { id: 'I20', fact: `update wallets set open_jobs = open_jobs + 1 where user_id = :rich`, noticedBy: ['I20'] },
  { id: 'S1', fact: `update jobs set finished_at = now() - interval '6 minutes' where id = :pending`, noticedBy: ['S1'] },
  { id: 'S2', fact: `update jobs set started_at = now() - interval '16 minutes' where id = :running`, noticedBy: ['S2'] },
  {
    id: 'R7',
    fact: `with job as (update jobs set price_factor = 0.5 where id = :settled) update settlements set price_factor = 0.5 where job_id = :settled`,
    noticedBy: ['R7'],
  },
  {
    id: 'I11',
    fact: `with job as (update jobs set price_factor = 0 where id = :settled) update settlements set price_factor = 0 where job_id = :settled`,
    noticedBy: ['I11', 'R7'],
  },
  { id: 'R7', fact: `update settlements set cost_exact = cost_exact + 0.00001 where job_id = :settled`, noticedBy: ['R7'] },
  {
    id: 'R7',
    fact: `update prices set price = '{"mode":"simple","input_price":"1000","output_price":"1001"}' where id = (select price_id from jobs where id = :settled)`,
    noticedBy: ['R7'],
  },
];

let world: BillingWorld;
let names: Record<string, string>;

beforeAll(async () => {
  world = await createBillingWorld();
  const [rich, owing] = [await world.user('100'), await world.user()];
  const order = { userId: owing, amount: '2', note: '', createdBy: world.admin, idempotencyKey: null, now: new Date() };
  await recharge(world.em(), order);
  const submitted = await world.submit([
    { userId: rich, hold: '5', batchId: 'batch_1', conversationId: 'cnv_1' },
    { userId: rich, hold: '5' },
    { userId: rich, hold: '5' },
    { userId: rich, hold: '5' },
    { userId: owing, hold: '2' },
  ]);
  const [settled, pending, running, free, dear] = submitted as [string, string, string, string, string];
  await world.finish([settled], { tokens: { input_tokens: 2, output_tokens: 2 } });
  await world.finish([free], { usageSource: 'none', status: 'failed' });
  await world.finish([dear], { tokens: { output_tokens: 9 } });
  await world.settle([settled, free, dear]);
  await world.finish([pending], { tokens: { output_tokens: 1 } });
  await adjust(world.em(), { userId: rich, amount: '-1', note: 'back', createdBy: world.admin, idempotencyKey: null });
  names = { rich, owing, settled, pending, running };
});
afterAll(() => world.close());

async function findingsOf(em: EntityManager): Promise<string[]> {
  const { invariants } = await runAudit(em, { recomputeNewest: 1000 });
  return invariants.filter(({ findings }) => findings > 0).map(({ id }) => id);
}

/** Takes away what keeps rows right: triggers, foreign keys, checks. */
async function disarm(em: EntityManager): Promise<void> {
  const checks = await execute<{ drop: string }>(
    em,
    sql`select format('alter table %s drop constraint %I', conrelid::regclass, conname) as drop from pg_constraint
        where contype = 'c' and connamespace = 'public'::regnamespace`,
  );
  for (const { drop } of checks) await execute(em, sql.raw(drop));
  await execute(em, sql`set local session_replication_role = replica`);
}

/** The rules that notice a wrong fact; nothing of it stays. */
async function noticed(fact: string): Promise<string[]> {
  const em = world.em();
  await em.begin();
  try {
    await disarm(em);
    await execute(em, sql.raw(fact.replace(/:(\w+)/g, (_, name: string) => `'${names[name]}'`)));
    return await findingsOf(em);
  } finally {
    await em.rollback();
  }
}

test('a sound database has no findings', async () => {
  expect(await findingsOf(world.em())).toEqual([]);
});

test.each(corruptions)('$id notices: $fact', async ({ id, fact, noticedBy }) => {
  const found = await noticed(fact);
  expect(found).toContain(id);
  expect(found).toEqual(noticedBy);
});

test('every invariant has been made to bite', () => {
  expect(new Set(corruptions.map(({ id }) => id))).toEqual(new Set([...invariants.map(({ id }) => id), 'R7']));
});

test('findings are counted in full and shown by example', async () => {
  const em = world.em();
  await em.begin();
  await disarm(em);
  await execute(em, sql`insert into wallets (user_id, balance) select 'usr_' || n, 1 from generate_series(1, 50) n`);
  const { findings, invariants } = await runAudit(em, { recomputeNewest: 0 });
  await em.rollback();
  expect(findings).toBe(50);
  expect(invariants.find(({ id }) => id === 'I1')).toMatchObject({
    findings: 50,
    examples: expect.arrayContaining([{ subject: 'usr_1', detail: 'balance 1.0000, transfers 0' }]),
  });
  expect(invariants.find(({ id }) => id === 'I1')?.examples).toHaveLength(20);
});
