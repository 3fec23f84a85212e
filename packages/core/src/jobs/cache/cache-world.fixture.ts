import { noTokens } from '@sluice/contract';
import { expect } from 'vitest';
import { createTestDatabase } from '../../../../../test/support/database.ts';
import { runAudit } from '../../audit/index.ts';
import { createDatabase, type Database } from '../../database/index.ts';
import type { FinishedAttempt } from '../finish-jobs.ts';
import {
  claimJobs,
  finishJobs,
  getJob,
  resolveTwinsOf,
  settleJobs,
  startLease,
  submitJobs,
  type JobView,
  type Submission,
} from '../index.ts';
import { completed, createJobFixture, type JobFixture } from '../job-life.fixture.ts';

/** What a question differs in from the usual one of the user at hand. */
export interface Asking {
  by?: JobFixture;
  body?: object;
  cache?: Partial<NonNullable<Submission['cache']>>;
  more?: Partial<Submission>;
}

/** Users who ask with the cache, and a worker that answers when it is told to. */
export interface CacheWorld {
  db: Database;
  /** A new user with a model of their own, who asks from now on unless another is named. */
  enter(credits?: string): Promise<JobFixture>;
  another(credits?: string): Promise<JobFixture>;
  submission(asking?: Asking): Submission;
  submit(submissions: Submission[]): Promise<JobView[]>;
  ask(asking?: Asking): Promise<JobView>;
  jobOf(job: JobView): Promise<JobView>;
  /** Runs a queued job; it is completed unless told. */
  run(job: JobView, end?: Partial<FinishedAttempt>): Promise<void>;
  resolveOf(leader: JobView): ReturnType<typeof resolveTwinsOf>;
  /** Settles what has ended, and finds nothing wrong. */
  settleAll(): Promise<void>;
  close(): Promise<void>;
}

export const failed: Partial<FinishedAttempt> = {
  outcome: 'failed',
  failure: 'overloaded',
  next: { to: 'failed', output: null, error: { code: 'provider_unavailable', message: 'no' } },
  tokens: noTokens,
  usageSource: 'none',
};

export async function createCacheWorld(): Promise<CacheWorld> {
  const store = await createTestDatabase();
  const db = await createDatabase({ url: store.url });
  const workerId = await startLease(db.em());
  let count = 0;
  let user: JobFixture | null = null;

  const another = (credits = '1000') => createJobFixture(db, `cache-${(count += 1)}`, credits);

  const submission = ({ by, body = {}, cache = {}, more = {} }: Asking = {}): Submission => ({
    ...((by ?? user) as JobFixture).submission(body),
    cache: { ttlS: 60, scope: 'user', priceFactor: '0.5', ...cache },
    ...more,
  });

  async function submit(submissions: Submission[]): Promise<JobView[]> {
    const results = await submitJobs(db.em(), submissions);
    return results.map((result) => {
      if (result.type !== 'accepted') throw result.error;
      return result.job;
    });
  }

  return {
    db,
    another,
    enter: async (credits) => (user = await another(credits)),
    submission,
    submit,
    ask: async (asking) => (await submit([submission(asking)]))[0] as JobView,
    jobOf: ({ id: jobId, userId }) => getJob(db.em(), { jobId, userId }),
    async run({ id: jobId, attempt }, end = {}) {
      expect(await claimJobs(db.em(), [{ jobId, attempt, workerId, providerKeyId: null }])).not.toEqual([null]);
      expect(await finishJobs(db.em(), [{ ...completed(jobId, attempt), ...end }])).not.toEqual([null]);
    },
    resolveOf: ({ id }) => resolveTwinsOf(db.em(), [id], 1000),
    async settleAll() {
      while ((await settleJobs(db.em(), { limit: 500 })).length > 0);
      const { invariants } = await runAudit(db.em(), { recomputeNewest: 1000 });
      expect(invariants.filter(({ findings }) => findings > 0)).toEqual([]);
    },
    async close() {
      await db.close();
      await store.close();
    },
  };
}
