import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, inTransaction, sql } from '../database/index.ts';
import { firstLookS } from './insert-jobs.ts';
import { planMessage, type LaneMessagePlan, type WaitingJob } from './plan-message.ts';

const longestLookS = 300;

/**
 * Queued rows that may run and whose time to be looked at has come, with the messages to send again. Their message was lost, or merely waits in a
 * long queue, where sending it again changes nothing; so each look doubles the time to the next. Several sweeps share the work.
 */
export async function takeDueJobs(em: EntityManager, limit: number): Promise<LaneMessagePlan[]> {
  const due = await inTransaction(em, (tx) =>
    execute<WaitingJob>(
      tx,
      sql`with due as (
            select id from jobs where status = 'queued' and cached_from is null and look_at <= now() order by look_at limit ${limit} for update skip locked
          ), looked as (
            update jobs set looks = looks + 1,
              look_at = now() + make_interval(secs => least(${firstLookS} * 2 ^ least(looks, 10), ${longestLookS}))
            from due where jobs.id = due.id
            returning jobs.id as "jobId", attempt, provider_id as "providerId", priority, user_id
          )
          select looked.*, wallets.open_jobs as "openJobs" from looked join wallets using (user_id)`,
    ),
  );
  return due.map((job) => planMessage(job, 0));
}
