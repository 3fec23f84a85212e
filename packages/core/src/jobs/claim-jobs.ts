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
 *
 * Each row is looked up by its id, whatever the statistics say: joined, a planner that knew nothing of a queue that has just been filled
 * read all its 150,000 rows for each claim.
 */
export async function claimJobs(em: EntityManager, claims: Claim[]): Promise<(ClaimedJob | null)[]> {
  const claimed = await executeAlone<ClaimedJob>(
    em,
    sql`with claim as (
            select * from json_to_recordset(${JSON.stringify(claims)}::json) as c ("jobId" text, attempt int, "workerId" text, "providerKeyId" text)
          ), free as (
            select free.* from (select * from claim order by "jobId" collate "C") as claim cross join lateral (
              select id, claim."workerId", claim."providerKeyId" from jobs
              where id = claim."jobId" and attempt = claim.attempt and status = 'queued' and cached_from is null and deadline_at > now() for update
            ) as free
          ), claimed as (
            update jobs set status = 'running', worker_id = free."workerId", look_at = null, looks = 0, started_at = coalesce(started_at, now())
            from free where jobs.id = free.id
            returning jobs.*, free."providerKeyId"
          ), recorded as (
            insert into attempts (job_id, attempt, provider_id, provider_key_id, model, worker_id, started_at)
            select id, attempt, provider_id, "providerKeyId", routes -> route ->> 'model', worker_id, now() from claimed
          )
          select id as "jobId", attempt, user_id as "userId", uses_own_key as "usesOwnKey", failures, max_attempts as "maxAttempts", routes, route, kind, request,
            max_tokens as "maxTokens", on_stream_failure as "onStreamFailure", batch_id as "batchId", cache_ttl_s as "cacheTtlS", repair,
            (extract(epoch from deadline_at - now()) * 1000)::int as "deadlineInMs"
          from claimed`,
  );
  const won = new Map(claimed.map((job) => [job.jobId, job]));
  return claims.map(({ jobId, attempt }) => takeFrom(won, jobId, attempt));
}

/** Once only, since two messages may ask for the same attempt in one list. */
function takeFrom(won: Map<string, ClaimedJob>, jobId: string, attempt: number): ClaimedJob | null {
  const job = won.get(jobId);
  if (job?.attempt !== attempt) return null;
  won.delete(jobId);
  return job;
}
