import { noTokens } from '@sluice/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/database.ts';
import { getWallet } from '../billing/index.ts';
import { createDatabase, execute, sql, type Database } from '../database/index.ts';
import {
  cancelJob,
  claimJobs,
  endOverdueJobs,
  findAttempts,
  finishJobs,
  getJob,
  recoverJobs,
  settleJobs,
  startLease,
  submitJobs,
  takeDueJobs,
} from './index.ts';
import type { FinishedAttempt } from './finish-jobs.ts';
import { completed, createJobFixture, type JobFixture } from './job-life.fixture.ts';
import type { SubmitResult } from './submit-jobs.ts';

let store: TestDatabase;
let db: Database;
let workerId: string;

beforeAll(async () => {
  store = await createTestDatabase();
  db = await createDatabase({ url: store.url });
  workerId = await startLease(db.em());
});

afterAll(async () => {
  await db.close();
  await store.close();
});

const idOf = (result: SubmitResult | undefined): string => {
  if (result?.type !== 'accepted') throw new Error('the job was not accepted');
  return result.job.id;
};

const submitOne = async (user: JobFixture, body: object = {}) => idOf((await submitJobs(db.em(), [user.submission(body)]))[0]);
const claim = async (jobId: string, attempt = 1) => (await claimJobs(db.em(), [{ jobId, attempt, workerId, providerKeyId: null }]))[0];
const finish = async (finished: FinishedAttempt) => (await finishJobs(db.em(), [finished]))[0];

const failedOnce = (jobId: string, attempt = 1): FinishedAttempt => ({
  ...completed(jobId, attempt),
  outcome: 'failed',
  failure: 'server_error',
  tokens: noTokens,
  usageSource: 'none',
  next: { to: 'queued', route: 0, delayMs: 0 },
});

describe('submit', () => {
  test('50 racing callers with one idempotency key make one job and one hold', async () => {
    const user = await createJobFixture(db, 'once', '100');
    const results = await Promise.all(Array.from({ length: 50 }, () => submitJobs(db.em(), [user.submission({}, 'k1')])));
    expect(new Set(results.flat().map(idOf)).size).toBe(1);
    expect(await getWallet(db.em(), user.userId)).toMatchObject({ openJobs: 1 });
  });

  test('one key twice in one list is one job; with another body the second is refused', async () => {
    const user = await createJobFixture(db, 'list', '100');
    const [first, same, other] = await submitJobs(db.em(), [
      user.submission({}, 'k'),
      user.submission({}, 'k'),
      user.submission({ input: 'What?' }, 'k'),
    ]);
    expect(idOf(same)).toBe(idOf(first));
    expect(other).toMatchObject({ type: 'refused', error: { code: 'idempotency_mismatch' } });
  });

  test('200 submits on credit for 50 make exactly 50 jobs, and a refused one leaves its key unused', async () => {
    const user = await createJobFixture(db, 'fifty', '1');
    const [probe] = await submitJobs(db.em(), [user.submission({ params: { max_tokens: 1 } })]);
    if (probe?.type !== 'accepted') throw new Error('refused');
    await cancelJob(db.em(), { jobId: probe.job.id, userId: user.userId });
    await settleJobs(db.em(), { limit: 10 });
    const credits = Number(probe.job.hold) * 50;
    await execute(db.em(), sql`update wallets set balance = ${credits.toFixed(4)} where user_id = ${user.userId}`);

    const one = (i: number) => submitJobs(db.em(), [user.submission({ params: { max_tokens: 1 } }, `k${i}`)]);
    const results = (await Promise.all(Array.from({ length: 200 }, (_, i) => one(i)))).flat();
    expect(results.filter(({ type }) => type === 'accepted')).toHaveLength(50);
    expect(await getWallet(db.em(), user.userId)).toMatchObject({ available: '0.0000', openJobs: 50 });

    const refused = results.findIndex(({ type }) => type === 'refused');
    await execute(db.em(), sql`update wallets set balance = balance + 1 where user_id = ${user.userId}`);
    expect((await one(refused))[0]).toMatchObject({ type: 'accepted', isNew: true });
  });

  test('a row that is refused changes nothing for its neighbours', async () => {
    const user = await createJobFixture(db, 'rows', '2');
    const results = await submitJobs(db.em(), [
      user.submission(),
      user.submission({ params: { max_tokens: 9000 } }),
      user.submission({ params: { max_tokens: 1 } }),
    ]);
    expect(results.map(({ type }) => type)).toEqual(['accepted', 'refused', 'accepted']);
  });
});

describe('attempts', () => {
  test('a job is claimed once, whoever races', async () => {
    const user = await createJobFixture(db, 'claim', '100');
    const jobId = await submitOne(user);
    const claims = await Promise.all(Array.from({ length: 20 }, () => claim(jobId)));
    expect(claims.filter(Boolean)).toHaveLength(1);
    expect(await findAttempts(db.em(), [{ jobId, attempt: 1 }])).toEqual([null]);
  });

  test('a job is claimed once, also when one list asks for it twice', async () => {
    const user = await createJobFixture(db, 'claim-twice', '100');
    const jobId = await submitOne(user);
    const asked = { jobId, attempt: 1, workerId, providerKeyId: null };
    const claims = await claimJobs(db.em(), [asked, asked]);
    expect(claims.map((job) => job?.jobId ?? null)).toEqual([jobId, null]);
  });

  test('a finished job is settled once, by 20 settlers at once, and the rest of the hold is released', async () => {
    const user = await createJobFixture(db, 'settle', '100');
    const jobId = await submitOne(user);
    await claim(jobId);
    expect(await finish(completed(jobId))).toEqual({ message: null });
    await Promise.all(Array.from({ length: 20 }, () => settleJobs(db.em(), { limit: 10 })));
    expect(await getWallet(db.em(), user.userId)).toMatchObject({ balance: '99.5000', held: '0.0000', openJobs: 0 });
    expect(await getJob(db.em(), { jobId, userId: user.userId })).toMatchObject({
      status: 'completed',
      billingState: 'settled',
      cost: '0.5000',
    });
  });

  test('a stale attempt cannot finish', async () => {
    const user = await createJobFixture(db, 'stale', '100');
    const jobId = await submitOne(user);
    await claim(jobId);
    expect(await finish(failedOnce(jobId))).toMatchObject({ message: { attempt: 2 } });
    expect(await finish(completed(jobId, 1))).toBeNull();
    await claim(jobId, 2);
    expect(await finish(completed(jobId, 1))).toBeNull();
    expect(await finish(completed(jobId, 2))).toEqual({ message: null });
    expect(await getJob(db.em(), { jobId, userId: user.userId })).toMatchObject({ attempt: 2, failures: 1, status: 'completed' });
  });

  test('a failed attempt leaves no usage on its job, and its own on the attempt', async () => {
    const user = await createJobFixture(db, 'usage', '100');
    const jobId = await submitOne(user);
    await claim(jobId);
    await finish({ ...failedOnce(jobId), tokens: completed(jobId).tokens, usageSource: 'provider' });
    expect(await getJob(db.em(), { jobId, userId: user.userId })).toMatchObject({ status: 'queued', outputTokens: 0, usageSource: 'none' });
    const rows = await execute(db.em(), sql`select output_tokens::int as tokens, billable from attempts where job_id = ${jobId}`);
    expect(rows).toEqual([{ tokens: 500, billable: false }]);
  });

  test('being given back counts no failure', async () => {
    const user = await createJobFixture(db, 'back', '100');
    const jobId = await submitOne(user);
    await claim(jobId);
    await finish({ ...failedOnce(jobId), outcome: 'given_back', failure: null });
    expect(await getJob(db.em(), { jobId, userId: user.userId })).toMatchObject({ attempt: 2, failures: 0 });
  });
});

describe('ends from outside', () => {
  test('a queued job is cancelled at once and costs nothing', async () => {
    const user = await createJobFixture(db, 'cancel', '100');
    const jobId = await submitOne(user);
    expect(await cancelJob(db.em(), { jobId, userId: user.userId })).toMatchObject({ status: 'cancelled' });
    expect(await claim(jobId)).toBeNull();
    await settleJobs(db.em(), { limit: 10 });
    expect(await getWallet(db.em(), user.userId)).toMatchObject({ balance: '100.0000', held: '0.0000' });
  });

  test("cancelling somebody else's job is a 404 and changes nothing", async () => {
    const user = await createJobFixture(db, 'mine', '100');
    const jobId = await submitOne(user);
    await expect(cancelJob(db.em(), { jobId, userId: 'usr_other' })).rejects.toMatchObject({ code: 'not_found' });
    expect(await getJob(db.em(), { jobId, userId: user.userId })).toMatchObject({ status: 'queued', cancelRequestedAt: null });
  });

  test('a finish that races a cancel wins or loses whole', async () => {
    const user = await createJobFixture(db, 'race', '100');
    const jobId = await submitOne(user);
    await claim(jobId);
    const [, won] = await Promise.all([cancelJob(db.em(), { jobId, userId: user.userId }), finish(completed(jobId))]);
    expect(won).toEqual({ message: null });
    expect(await getJob(db.em(), { jobId, userId: user.userId })).toMatchObject({ status: 'completed' });
  });

  test('a living worker gives back what it is said to run and does not', async () => {
    const jobId = await submitOne(await createJobFixture(db, 'unknown', '100'));
    const alive = await startLease(db.em());
    await claimJobs(db.em(), [{ jobId, attempt: 1, workerId: alive, providerKeyId: null }]);
    const recover = (jobIds: string[], id = alive) => recoverJobs(db.em(), 10, { workerId: id, jobIds });
    // A claim may not have been answered yet.
    expect(await recover([])).toEqual({ messages: [], endedIds: [] });
    await execute(db.em(), sql`update attempts set started_at = now() - interval '31 s' where job_id = ${jobId}`);
    expect(await recover([jobId])).toEqual({ messages: [], endedIds: [] });
    expect(await recover([], await startLease(db.em()))).toEqual({ messages: [], endedIds: [] });
    expect(await recover([])).toMatchObject({ messages: [{ jobId, attempt: 2 }], endedIds: [] });
  });

  test('jobs of a dead worker go on as the next attempt, then fail when no failure is left', async () => {
    const user = await createJobFixture(db, 'dead', '100');
    const jobId = await submitOne(user, { max_attempts: 2 });
    const dead = await startLease(db.em());
    const claimAs = (attempt: number) => claimJobs(db.em(), [{ jobId, attempt, workerId: dead, providerKeyId: null }]);
    await claimAs(1);
    expect(await recoverJobs(db.em(), 10)).toEqual({ messages: [], endedIds: [] });
    await execute(db.em(), sql`update workers set lease_until = now() - interval '1 second' where id = ${dead}`);
    expect(await recoverJobs(db.em(), 10)).toMatchObject({ messages: [{ jobId, attempt: 2 }], endedIds: [] });
    expect(await finish(completed(jobId, 1))).toBeNull();
    await claimAs(2);
    expect(await recoverJobs(db.em(), 10)).toMatchObject({ messages: [], endedIds: [jobId] });
    expect(await getJob(db.em(), { jobId, userId: user.userId })).toMatchObject({
      status: 'failed',
      errorCode: 'worker_lost',
      failures: 2,
    });
  });

  test('a queued job past its deadline fails', async () => {
    const user = await createJobFixture(db, 'late', '100');
    const jobId = await submitOne(user);
    await execute(db.em(), sql`update jobs set deadline_at = now() where id = ${jobId}`);
    expect(await endOverdueJobs(db.em(), 10)).toEqual([jobId]);
    expect(await getJob(db.em(), { jobId, userId: user.userId })).toMatchObject({ status: 'failed', errorCode: 'deadline_exceeded' });
  });

  test('a lost message is sent again, with growing pauses', async () => {
    const user = await createJobFixture(db, 'lost', '100');
    const jobId = await submitOne(user);
    expect(await takeDueJobs(db.em(), 10)).toEqual([]);
    await execute(db.em(), sql`update jobs set look_at = now() where id = ${jobId}`);
    expect(await takeDueJobs(db.em(), 10)).toMatchObject([{ jobId, attempt: 1, providerId: 'prv_lost' }]);
    expect(await takeDueJobs(db.em(), 10)).toEqual([]);
  });
});
