import { startBilling } from '@sluice/billing';
import {
  cancelJob,
  claimJobs,
  createDatabase,
  execute,
  finishJobs,
  getJob,
  sql,
  startLease,
  submitJobs,
  type Database,
} from '@sluice/core';
import { createMemoryBell } from '@sluice/events';
import { createClosers, createLogger } from '@sluice/platform';
import { createRegistry } from '@sluice/api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createJobFixture } from '../../packages/core/src/jobs/job-life.fixture.ts';
import { createTestDatabase } from '../support/database.ts';

const closers = createClosers();
let db: Database;

beforeAll(async () => {
  const store = await createTestDatabase();
  closers.add('store', store.close);
  db = await createDatabase({ url: store.url });
  closers.add('database', () => db.close());
});
afterAll(() => closers.closeAll());

test('a job that cannot be settled hurts nobody else: its neighbours are settled, and so are those that come later', async () => {
  const user = await createJobFixture(db, 'poison', '1000');
  const workerId = await startLease(db.em());
  const finished = async () => {
    const [result] = await submitJobs(db.em(), [user.submission()]);
    if (result?.type !== 'accepted') throw new Error('refused');
    const { id: jobId } = result.job;
    await claimJobs(db.em(), [{ jobId, attempt: 1, workerId, providerKeyId: null }]);
    await finishJobs(db.em(), [
      {
        jobId,
        attempt: 1,
        outcome: 'completed',
        failure: null,
        message: null,
        tokens: { input_tokens: 10, cached_input_tokens: 0, output_tokens: 10, reasoning_tokens: 0 },
        usageSource: 'provider',
        requestId: null,
        firstTokenAt: null,
        next: { to: 'completed', output: { text: 'Yes.', reasoning: null, tool_calls: [], finish_reason: 'stop' }, error: null },
      },
    ]);
    return jobId;
  };
  const ids = await Promise.all([finished(), finished(), finished()]);
  const poisonId = ids.toSorted()[0] ?? '';
  // Tokens beyond what any price can count: no code writes this, a hand in the database might.
  await execute(db.em(), sql`update jobs set input_tokens = 9223372036854775807 where id = ${poisonId}`);

  await startBilling({ db, bell: createMemoryBell(), log: createLogger('silent', 'test'), registry: createRegistry() }, closers);
  const stateOf = async (jobId: string) => (await getJob(db.em(), { jobId, userId: user.userId })).billingState;
  for (const jobId of ids.filter((id) => id !== poisonId)) await expect.poll(() => stateOf(jobId), { timeout: 10_000 }).toBe('settled');
  const later = await finished();
  await expect.poll(() => stateOf(later), { timeout: 10_000 }).toBe('settled');
  expect(await execute(db.em(), sql`select billing_state from jobs where id = ${poisonId}`)).toEqual([{ billing_state: 'settle_pending' }]);
  await expect(cancelJob(db.em(), { jobId: later, userId: user.userId })).resolves.toMatchObject({ status: 'completed' });
});
