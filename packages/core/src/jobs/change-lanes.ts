import type { ErrorCode } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, inTransaction, sql } from '../database/index.ts';
import { tellJobEnds } from '../webhooks/index.ts';
import type { AttemptRef } from './find-attempts.ts';
import { firstLookS } from './insert-jobs.ts';
import { planMessage, type LaneMessagePlan, type WaitingJob } from './plan-message.ts';

/** A queued job that its lane cannot serve now. */
export interface LaneChange extends AttemptRef {
  /** What it ends with if it has no next route; null lets it stay where it is. */
  error: { code: ErrorCode; message: string } | null;
}

/** A move that was won: the message for the next lane, or null when the job has ended. */
export interface LaneChanged {
  message: LaneMessagePlan | null;
}

/**
 * Moves queued jobs to their next route, as a new attempt that counts as no failure, since no provider was called. A job without
 * a next route fails or stays. Each is a compare-and-set on (id, attempt, queued): null for one that was taken or cancelled
 * meanwhile, or stays.
 */
export async function changeLanes(em: EntityManager, changes: LaneChange[]): Promise<(LaneChanged | null)[]> {
  const rows = changes.map(({ jobId, attempt, error }) => ({ jobId, attempt, ...error }));
  const moved = await inTransaction(em, (tx) =>
    execute<WaitingJob & { isOver: boolean }>(
      tx,
      sql`with change as (
            select * from json_to_recordset(${JSON.stringify(rows)}::json) as c ("jobId" text, attempt int, code text, message text)
          ), waiting as (
            select jobs.id, json_array_length(routes) <= route + 1 as is_over, code, message
            from jobs join change on change."jobId" = jobs.id and change.attempt = jobs.attempt
            where status = 'queued' and (code is not null or json_array_length(routes) > route + 1) order by jobs.id for update of jobs
          ), moved as (
            update jobs set status = case when is_over then 'failed' else 'queued' end,
              attempt = attempt + (not is_over)::int, route = route + (not is_over)::int, looks = 0,
              provider_id = case when is_over then provider_id else routes -> (route + 1) ->> 'providerId' end,
              look_at = case when not is_over then now() + make_interval(secs => ${firstLookS}) end,
              error_code = case when is_over then waiting.code end, error_message = case when is_over then waiting.message end,
              finished_at = case when is_over then now() end,
              billing_state = case when is_over then 'settle_pending' else 'held' end
            from waiting where jobs.id = waiting.id
            returning jobs.*
          ), told as (${tellJobEnds(sql`moved`)})
          select moved.id as "jobId", attempt, provider_id as "providerId", priority, finished_at is not null as "isOver", wallets.open_jobs as "openJobs"
          from moved join wallets using (user_id)`,
    ),
  );
  const byId = new Map(moved.map((job) => [job.jobId, job]));
  return changes.map(({ jobId }) => {
    const job = byId.get(jobId);
    return job ? { message: job.isOver ? null : planMessage(job, 0) } : null;
  });
}
