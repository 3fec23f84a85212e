import type { StreamFailurePolicy } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { executeAlone, sql } from '../database/index.ts';
import type { AttemptRef } from './find-attempts.ts';
import type { Repair } from './repair.ts';
import type { JobWork, Route } from './job-request.ts';

export interface Claim extends AttemptRef {
  workerId: string;
  providerKeyId: string | null;
}

/** A job that this worker, and nobody else, runs now. */
export type ClaimedJob = ClaimedRow & JobWork;

interface ClaimedRow extends AttemptRef {
  userId: string;
  usesOwnKey: boolean;
  failures: number;
  maxAttempts: number;
  routes: Route[];
  route: number;
  maxTokens: number;
  onStreamFailure: StreamFailurePolicy;
  /** The batch that it is a row of. */
  batchId: string | null;
  /** Set when others may wait for its answer. */
  cacheTtlS: number | null;
  /** Set when this attempt is to repair the answer of the one before. */
  repair: Repair | null;
  /** Time left until the deadline, by the database's clock. */
  deadlineInMs: number;
}

/**
 * Moves jobs from queued to running and writes the row of each attempt, before any provider is called. Null for a claim that
 * was lost: the job was taken, cancelled, or is at another attempt.
 */
export async function claimJobs(em: EntityManager, claims: Claim[]): Promise<(ClaimedJob | null)[]> {
  const claimed = await executeAlone<ClaimedJob>(
    em,
    sql`with claim as (
            select * from json_to_recordset(${JSON.stringify(claims)}::json) as c ("jobId" text, attempt int, "workerId" text, "providerKeyId" text)
          ), free as (
            select jobs.id from jobs join claim on claim."jobId" = jobs.id and claim.attempt = jobs.attempt
            where status = 'queued' and cached_from is null and deadline_at > now() order by jobs.id for update of jobs
          ), claimed as (
            update jobs set status = 'running', worker_id = claim."workerId", look_at = null, looks = 0, started_at = coalesce(started_at, now())
            from claim, free where jobs.id = free.id and claim."jobId" = jobs.id
            returning jobs.*, claim."providerKeyId"
          ), recorded as (
            insert into attempts (job_id, attempt, provider_id, provider_key_id, model, worker_id, started_at)
            select id, attempt, provider_id, "providerKeyId", routes -> route ->> 'model', worker_id, now() from claimed
          )
          select id as "jobId", attempt, user_id as "userId", uses_own_key as "usesOwnKey", failures, max_attempts as "maxAttempts", routes, route, kind, request,
            max_tokens as "maxTokens", on_stream_failure as "onStreamFailure", batch_id as "batchId", cache_ttl_s as "cacheTtlS", repair,
            (extract(epoch from deadline_at - now()) * 1000)::int as "deadlineInMs"
          from claimed`,
  );
  const byId = new Map(claimed.map((job) => [job.jobId, job]));
  return claims.map(({ jobId, attempt }) => (byId.get(jobId)?.attempt === attempt ? (byId.get(jobId) as ClaimedJob) : null));
}
