import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { getWallet } from '../../billing/index.ts';
import { execute, inTransaction, sql } from '../../database/index.ts';
import { cancelJob, forgetJob } from '../index.ts';
import type { JobFixture } from '../job-life.fixture.ts';
import { planJob } from '../plan-job.ts';
import { createCacheWorld, failed, type CacheWorld } from './cache-world.fixture.ts';

let world: CacheWorld;
let user: JobFixture;

beforeAll(async () => {
  world = await createCacheWorld();
});
beforeEach(async () => {
  user = await world.enter();
});
afterAll(() => world.close());

const em = () => world.db.em();

test('an answered question is answered again at once, and charged at the factor of the cache', async () => {
  const first = await world.ask();
  expect(first).toMatchObject({ status: 'queued', cachedFrom: null, cacheTtlS: 60 });
  await world.run(first);
  const hit = await world.ask();
  expect(hit).toMatchObject({
    status: 'completed',
    cachedFrom: first.id,
    output: { text: 'Because.' },
    outputTokens: 500,
    billingState: 'settle_pending',
  });
  // Half of 500 tokens at 1 credit a thousand; the 10 of the input are half of 0.00001.
  expect(hit).toMatchObject({ hold: '0.2500', priceFactor: '0.5000' });
  expect(await execute(em(), sql`select * from attempts where job_id = ${hit.id}`)).toMatchObject([
    { worker_id: 'cache', billable: true, outcome: 'completed' },
  ]);
  await world.settleAll();
  expect(await world.jobOf(hit)).toMatchObject({ billingState: 'settled', cost: '0.2500' });
  expect(await getWallet(em(), user.userId)).toMatchObject({ held: '0.0000', balance: '999.2500', openJobs: 0 });
});

test('a hit that is free needs no credits', async () => {
  const poor = await world.another('1.1');
  const cache = { priceFactor: '0' };
  await world.run(await world.ask({ by: poor, cache }));
  await world.settleAll();
  await execute(em(), sql`update wallets set held = balance where user_id = ${poor.userId}`);
  expect(await world.ask({ by: poor, cache })).toMatchObject({ status: 'completed', hold: '0.0000' });
  await execute(em(), sql`update wallets set held = 0 where user_id = ${poor.userId}`);
  await world.settleAll();
});

test('only what is asked by the same user, in the same words, of the same model, is the same question', async () => {
  await world.run(await world.ask());
  const other = await world.another();
  const otherModel = { ...user.model, routes: user.model.routes.map((route) => ({ ...route, model: 'newer' })) };
  const templated = { versionId: 'tpv_1', name: 'a@1', messages: [{ role: 'user', content: 'Why?' }], params: { max_tokens: 1000 } };
  const questions = [
    world.submission({ by: other, more: { model: user.model } }),
    world.submission({ body: { input: 'Why not?' } }),
    world.submission({ body: { params: { max_tokens: 999 } } }),
    world.submission({ body: { params: { max_tokens: 1000, temperature: 1 } } }),
    world.submission({ more: { model: otherModel } }),
    { ...world.submission(), cache: null },
  ];
  const keys = [world.submission(), world.submission({ more: { prompt: templated } })].map((planned) => planJob(planned).cache?.key);
  expect(new Set(keys).size).toBe(2);
  const jobs = await world.submit(questions);
  expect(jobs.map(({ status }) => status)).toEqual(jobs.map(() => 'queued'));
  expect(jobs.map(({ cachedFrom }) => cachedFrom)).toEqual(jobs.map(() => null));
  const same = await world.submit([world.submission({ body: { metadata: { a: 'b' }, priority: 'batch', deadline_s: 9 } })]);
  expect(same).toMatchObject([{ status: 'completed' }]);
});

test('where an administrator lets everyone share, so do users who never met', async () => {
  const cache = { scope: 'everyone' as const };
  const first = await world.ask({ cache });
  const other = await world.another();
  const waiting = await world.ask({ by: other, cache, more: { model: user.model } });
  expect(waiting).toMatchObject({ status: 'queued', cachedFrom: first.id });
  await world.run(first);
  await world.resolveOf(first);
  expect(await world.ask({ by: other, cache, more: { model: user.model } })).toMatchObject({ status: 'completed', cachedFrom: first.id });
  await world.settleAll();
});

test('an answer is taken as long as both allow: the job that gave it, and the one that asks', async () => {
  const first = await world.ask({ cache: { ttlS: 100 } });
  await world.run(first);
  await execute(em(), sql`update jobs set finished_at = finished_at - interval '50 seconds' where id = ${first.id}`);
  expect(await world.ask({ cache: { ttlS: 60 } })).toMatchObject({ status: 'completed' });
  const fresh = await world.ask({ cache: { ttlS: 40 } });
  expect(fresh).toMatchObject({ status: 'queued', cachedFrom: null });
  await world.run(fresh);
  await execute(em(), sql`update jobs set finished_at = finished_at - interval '50 seconds' where id = ${fresh.id}`);
  expect(await world.ask({ cache: { ttlS: 1000 } })).toMatchObject({ status: 'queued' });
});

test('what was incomplete, failed or cancelled is no answer', async () => {
  await world.run(await world.ask(), {
    outcome: 'incomplete',
    next: { to: 'incomplete', output: { text: 'Be', reasoning: null, tool_calls: [], finish_reason: 'length' }, error: null },
  });
  await world.run(await world.ask(), failed);
  const third = await world.ask();
  expect(third).toMatchObject({ status: 'queued', cachedFrom: null });
  await cancelJob(em(), { jobId: third.id, userId: user.userId });
  expect(await world.ask()).toMatchObject({ status: 'queued', cachedFrom: null });
});

test('an answer that is deleted is in the cache no more', async () => {
  const first = await world.ask();
  await world.run(first);
  expect(await forgetJob(em(), { jobId: first.id, userId: user.userId })).toBe(true);
  expect(await execute(em(), sql`select from cached_results where job_id = ${first.id}`)).toEqual([]);
  expect(await world.ask()).toMatchObject({ status: 'queued', cachedFrom: null });
});

test('jobs that do not use the cache never touch it', async () => {
  await inTransaction(em(), async (tx) => {
    await execute(tx, sql`lock table cached_results in access exclusive mode`);
    expect(await world.submit([user.submission(), user.submission()])).toHaveLength(2);
  });
});
