import { noTokens, type EndStatus, type ErrorCode, type FailureKind, type TokenCounts, type UsageSource } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { executeAlone, sql } from '../database/index.ts';
import { tellJobEnds } from '../webhooks/index.ts';
import type { AttemptRef } from './find-attempts.ts';
import { textOutputOf, type JobResult } from './job-request.ts';
import { firstLookS } from './insert-jobs.ts';
import type { Repair } from './repair.ts';
import { planMessage, type LaneMessagePlan, type WaitingJob } from './plan-message.ts';

/** What an attempt came to, and what becomes of its job. */
export interface FinishedAttempt extends AttemptRef {
  outcome: 'completed' | 'incomplete' | 'failed' | 'cancelled' | 'given_back';
  failure: FailureKind | null;
  message: string | null;
  tokens: TokenCounts;
  usageSource: UsageSource;
  requestId: string | null;
  firstTokenAt: Date | null;
  next:
    /** `used` is what the whole job used, where that is more than this attempt did. */
    | { to: EndStatus; output: JobResult | null; error: { code: ErrorCode; message: string } | null; used?: Used }
    /** With `repair` the answer was whole but wrong, and the next attempt is shown it. */
    | { to: 'queued'; route: number; delayMs: number; repair?: Repair };
}

interface Used {
  tokens: TokenCounts;
  usageSource: UsageSource;
}

/** A move that was won: the message to send if the job is queued again. */
export interface FinishResult {
  message: LaneMessagePlan | null;
  /** How many webhook deliveries the same statement made due, for this job and others, when there are any. */
  deliveries?: number;
}

/**
 * Writes the ends of attempts, each a compare-and-set on (id, attempt, running): null for one that came too late, because the
 * job was taken from its worker meanwhile. The attempt's row is written either way, so that no provider call goes unseen.
 * A job that ends waits for its settlement from the same moment, and so do the webhooks that tell of it. Rows are looked up by id, as
 * `claimJobs` does.
 */
export async function finishJobs(em: EntityManager, finished: FinishedAttempt[]): Promise<(FinishResult | null)[]> {
  const rows = finished.map(renderRow);
  const moved = await executeAlone<WaitingJob & { told: number }>(
    em,
    sql`with done as (
            select * from json_to_recordset(${JSON.stringify(rows)}::json) as d (job_id text, attempt int, outcome text, failure text, message text,
              input_tokens bigint, cached_input_tokens bigint, output_tokens bigint, reasoning_tokens bigint, usage_source text, request_id text,
              first_token_at timestamptz, status text, output text, finish_reason text, error_code text, error_message text, route int, delay_ms int,
              failures int, ended int, used_input bigint, used_cached bigint, used_output bigint, used_reasoning bigint, used_source text, repair text)
          ), held as (
            select held.id from (select job_id, attempt from done order by job_id collate "C") as done cross join lateral (
              select id from jobs where id = done.job_id and attempt = done.attempt and status = 'running' for update
            ) as held
          ), moved as (
            update jobs set status = done.status, worker_id = null, failures = jobs.failures + done.failures,
              attempt = jobs.attempt + (done.status = 'queued')::int,
              route = coalesce(done.route, jobs.route), provider_id = coalesce(jobs.routes -> done.route ->> 'providerId', provider_id),
              look_at = case when done.status = 'queued' then now() + make_interval(secs => done.delay_ms / 1000.0 + ${firstLookS}) end,
              output = done.output::json, finish_reason = done.finish_reason, error_code = done.error_code, error_message = done.error_message,
              input_tokens = done.used_input, cached_input_tokens = done.used_cached, output_tokens = done.used_output,
              reasoning_tokens = done.used_reasoning, usage_source = done.used_source,
              repair = case done.ended when 0 then coalesce(done.repair::json, jobs.repair) end,
              first_token_at = case done.ended when 1 then done.first_token_at end,
              finished_at = case done.ended when 1 then now() end,
              billing_state = case done.ended when 1 then 'settle_pending' else 'held' end
            from done, held where jobs.id = held.id and done.job_id = jobs.id
            returning jobs.*
          ), recorded as (
            update attempts set outcome = coalesce(attempts.outcome, done.outcome), failure = done.failure, message = done.message,
              input_tokens = done.input_tokens, cached_input_tokens = done.cached_input_tokens, output_tokens = done.output_tokens,
              reasoning_tokens = done.reasoning_tokens, usage_source = done.usage_source, provider_request_id = done.request_id,
              first_token_at = done.first_token_at, finished_at = now(),
              billable = done.used_source <> 'none' and done.ended = 1 and exists (select 1 from moved where moved.id = done.job_id),
              repaired = done.repair is not null and exists (select 1 from moved where moved.id = done.job_id)
            from done where attempts.job_id = done.job_id and attempts.attempt = done.attempt
          ), told as (${tellJobEnds(sql`moved`)})
          select moved.id as "jobId", moved.attempt, moved.provider_id as "providerId", moved.priority, wallets.open_jobs as "openJobs",
            (select count(*)::int from told) as told
          from moved join wallets on wallets.user_id = moved.user_id`,
  );
  const byId = new Map(moved.map((row) => [row.jobId, row]));
  return finished.map(({ jobId, next }) => {
    const won = byId.get(jobId);
    if (!won) return null;
    return { message: next.to === 'queued' ? planMessage(won, next.delayMs) : null, ...(won.told > 0 && { deliveries: won.told }) };
  });
}

/** A provider's fault counts as a failure of the job; being given back does not. */
function renderRow({ jobId, attempt, outcome, failure, message, tokens, usageSource, requestId, firstTokenAt, next }: FinishedAttempt) {
  const end = next.to === 'queued' ? null : next;
  const used: Used = end ? (end.used ?? { tokens, usageSource }) : { tokens: noTokens, usageSource: 'none' };
  return {
    job_id: jobId,
    attempt,
    outcome,
    failure,
    message,
    ...tokens,
    usage_source: usageSource,
    request_id: requestId,
    first_token_at: firstTokenAt,
    status: next.to,
    output: end?.output ? JSON.stringify(end.output) : null,
    finish_reason: textOutputOf(end?.output)?.finish_reason ?? null,
    error_code: end?.error?.code ?? null,
    error_message: end?.error?.message ?? null,
    route: next.to === 'queued' ? next.route : null,
    delay_ms: next.to === 'queued' ? next.delayMs : null,
    failures: outcome === 'failed' ? 1 : 0,
    ended: end ? 1 : 0,
    used_input: used.tokens.input_tokens,
    used_cached: used.tokens.cached_input_tokens,
    used_output: used.tokens.output_tokens,
    used_reasoning: used.tokens.reasoning_tokens,
    used_source: used.usageSource,
    repair: next.to === 'queued' && next.repair ? JSON.stringify(next.repair) : null,
  };
}
