import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, inTransaction, sql } from '../database/index.ts';
import { tellJobEnds } from '../webhooks/index.ts';
import { firstLookS } from './insert-jobs.ts';
import { planMessage, type LaneMessagePlan, type WaitingJob } from './plan-message.ts';

export interface RecoveredJobs {
  /** To be sent to their lanes again. */
  messages: LaneMessagePlan[];
  /** Jobs that ended here, to be told to their readers. */
  endedIds: string[];
}

/** What a living worker runs, by its own account. */
export interface OwnAttempts {
  workerId: string;
  jobIds: string[];
}

/** Long after any claim was answered, so that the worker must know of it. */
const unknownS = 30;

/**
 * Takes running jobs from workers whose lease is over, by the database's clock: each goes back to its queue as the next attempt,
 * or fails when this crash was its last allowed failure. The dead worker's own writes lose from here on, as they name the attempt.
 *
 * A living worker gives back in the same way what it is said to run and does not: the answer to its claim was lost, or a store
 * failed it between claim and end. Nobody else would ever take it.
 */
export async function recoverJobs(em: EntityManager, limit: number, own?: OwnAttempts): Promise<RecoveredJobs> {
  const { workerId, jobIds } = own ?? { workerId: null, jobIds: [] };
  const moved = await inTransaction(em, (tx) =>
    execute<WaitingJob & { status: string }>(
      tx,
      sql`with dead as (
            select id from workers where lease_until < now()
          ), lost as (
            select jobs.id, jobs.failures + 1 >= max_attempts or cancel_requested_at is not null as is_over from jobs
            where status = 'running' and (worker_id in (select id from dead) or not exists (select 1 from workers where workers.id = worker_id)
              or worker_id = ${workerId} and not jobs.id = any(${jobIds}::text[]) and exists (
                select from attempts a where a.job_id = jobs.id and a.attempt = jobs.attempt and a.started_at < now() - make_interval(secs => ${unknownS})))
            order by jobs.id limit ${limit} for update skip locked
          ), recorded as (
            update attempts set outcome = 'lost', finished_at = now() from jobs, lost
            where jobs.id = lost.id and attempts.job_id = jobs.id and attempts.attempt = jobs.attempt
          ), moved as (
            update jobs set worker_id = null, failures = failures + 1,
              status = case when not is_over then 'queued' when cancel_requested_at is not null then 'cancelled' else 'failed' end,
              attempt = attempt + (not is_over)::int,
              look_at = case when not is_over then now() + make_interval(secs => ${firstLookS}) end,
              finished_at = case when is_over then now() end,
              billing_state = case when is_over then 'settle_pending' else 'held' end,
              error_code = case when is_over and cancel_requested_at is null then 'worker_lost' end,
              error_message = case when is_over and cancel_requested_at is null then 'The worker that ran this job was lost, and no attempt was left.' end
            from lost where jobs.id = lost.id
            returning jobs.*
          ), told as (${tellJobEnds(sql`moved`)})
          select moved.id as "jobId", attempt, provider_id as "providerId", priority, status, wallets.open_jobs as "openJobs"
          from moved join wallets using (user_id)`,
    ),
  );
  return {
    messages: moved.filter(({ status }) => status === 'queued').map((job) => planMessage(job, 0)),
    endedIds: moved.filter(({ status }) => status !== 'queued').map(({ jobId }) => jobId),
  };
}
