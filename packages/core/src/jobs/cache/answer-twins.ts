import type { EntityManager } from '@mikro-orm/postgresql';
import type { RawBuilder } from 'kysely';
import { execute, sql } from '../../database/index.ts';
import { tellJobEnds } from '../../webhooks/index.ts';

/** Stands as the worker of an attempt that took its answer from the cache. */
const cacheWorker = 'cache';

/** A job that has just taken its answer. */
export interface AnsweredTwin {
  jobId: string;
  /** How many webhook deliveries the statement made due, for this job and others. */
  told: number;
}

/**
 * Completes jobs that wait for another's answer and can have it: `which` says which of them, of the rows `twin`. Each gets its own
 * copy, an attempt with the same usage, and waits for its settlement at the factor that was frozen for this. Its deliveries are
 * made due by the same statement, as for any job that ends.
 */
export function answerTwins(tx: EntityManager, which: RawBuilder<unknown>, limit: number): Promise<AnsweredTwin[]> {
  return execute<AnsweredTwin>(
    tx,
    sql`with ripe as (
          select twin.id, leader.output, leader.finish_reason, leader.input_tokens, leader.cached_input_tokens, leader.output_tokens,
            leader.reasoning_tokens, leader.usage_source
          from jobs twin join jobs leader on leader.id = twin.cached_from
          where ${which} and twin.status = 'queued' and leader.status = 'completed' and leader.deleted_at is null
          order by twin.id limit ${limit} for update of twin skip locked
        ), moved as (
          update jobs set status = 'completed', look_at = null, finished_at = now(), billing_state = 'settle_pending',
            price_factor = cache_price_factor, output = ripe.output, finish_reason = ripe.finish_reason, input_tokens = ripe.input_tokens,
            cached_input_tokens = ripe.cached_input_tokens, output_tokens = ripe.output_tokens, reasoning_tokens = ripe.reasoning_tokens,
            usage_source = ripe.usage_source
          from ripe where jobs.id = ripe.id returning jobs.*
        ), recorded as (
          insert into attempts (job_id, attempt, provider_id, model, worker_id, outcome, input_tokens, cached_input_tokens, output_tokens,
            reasoning_tokens, usage_source, billable, started_at, finished_at)
          select id, attempt, provider_id, routes -> route ->> 'model', ${cacheWorker}, 'completed', input_tokens, cached_input_tokens,
            output_tokens, reasoning_tokens, usage_source, usage_source <> 'none', now(), now()
          from moved
        ), told as (${tellJobEnds(sql`moved`)})
        select id as "jobId", (select count(*)::int from told) as told from moved`,
  );
}
