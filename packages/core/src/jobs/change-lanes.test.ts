import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/database.ts';
import { getWallet } from '../billing/index.ts';
import { createDatabase, execute, sql, type Database } from '../database/index.ts';
import { changeLanes, claimJobs, findAttempts, getJob, settleJobs, startLease, submitJobs } from './index.ts';
import { createJobFixture, type JobFixture } from './job-life.fixture.ts';

let store: TestDatabase;
let db: Database;
let user: JobFixture;

beforeAll(async () => {
  store = await createTestDatabase();
  db = await createDatabase({ url: store.url });
  user = await createJobFixture(db, 'lanes', '100');
  await execute(db.em(), sql`insert into providers (id, name, base_url) values ('prv_next', 'next', 'http://127.0.0.1:1/v1')`);
});

afterAll(async () => {
  await db.close();
  await store.close();
});

const error = { code: 'provider_auth' as const, message: 'No key.' };

async function submit({ routes = 2 } = {}): Promise<string> {
  const submission = user.submission();
  const next = { providerId: 'prv_next', provider: 'next', model: 'elsewhere' };
  const model = { ...submission.model, routes: [...submission.model.routes, next].slice(0, routes) };
  const [result] = await submitJobs(db.em(), [{ ...submission, model }]);
  if (result?.type !== 'accepted') throw new Error('refused');
  return result.job.id;
}

const jobOf = (jobId: string) => getJob(db.em(), { jobId, userId: user.userId });

test('a job moves to its next route as a new attempt that counts as no failure', async () => {
  const jobId = await submit();
  expect(await findAttempts(db.em(), [{ jobId, attempt: 1 }])).toMatchObject([{ hasNextRoute: true }]);
  const [moved] = await changeLanes(db.em(), [{ jobId, attempt: 1, error: null }]);
  expect(moved).toMatchObject({ message: { jobId, attempt: 2, providerId: 'prv_next', delayMs: 0 } });
  expect(await jobOf(jobId)).toMatchObject({ status: 'queued', attempt: 2, route: 1, failures: 0, providerId: 'prv_next' });
  expect(await findAttempts(db.em(), [{ jobId, attempt: 2 }])).toMatchObject([{ model: 'elsewhere', hasNextRoute: false }]);
});

test('on its last route it stays, or ends with the error that is given and pays nothing', async () => {
  const jobId = await submit({ routes: 1 });
  expect(await changeLanes(db.em(), [{ jobId, attempt: 1, error: null }])).toEqual([null]);
  expect(await jobOf(jobId)).toMatchObject({ status: 'queued', attempt: 1 });
  expect(await changeLanes(db.em(), [{ jobId, attempt: 1, error }])).toEqual([{ message: null }]);
  expect(await jobOf(jobId)).toMatchObject({
    status: 'failed',
    errorCode: 'provider_auth',
    errorMessage: 'No key.',
    billingState: 'settle_pending',
  });
  const { balance } = await getWallet(db.em(), user.userId);
  expect(await settleJobs(db.em(), { limit: 10 })).toContain(jobId);
  expect(await getWallet(db.em(), user.userId)).toMatchObject({ balance });
});

test('one that was taken, or has moved already, is not moved again; its neighbours are', async () => {
  const [taken, moved, free] = [await submit(), await submit(), await submit()];
  const workerId = await startLease(db.em());
  await claimJobs(db.em(), [{ jobId: taken, attempt: 1, workerId, providerKeyId: null }]);
  await changeLanes(db.em(), [{ jobId: moved, attempt: 1, error: null }]);
  const changes = [taken, moved, free].map((jobId) => ({ jobId, attempt: 1, error }));
  expect(await changeLanes(db.em(), changes)).toMatchObject([null, null, { message: { attempt: 2 } }]);
  expect(await jobOf(taken)).toMatchObject({ status: 'running', attempt: 1 });
});
