import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, inTransaction, sql } from '../database/index.ts';
import { tellJobEnds } from '../webhooks/index.ts';

/** Cancels the jobs of a batch that wait for a worker; running ones go on. Answers how many. */
export async function cancelQueuedOfBatch(em: EntityManager, batchId: string): Promise<number> {
  const cancelled = await inTransaction(em, (tx) =>
    execute(
      tx,
      sql`with waiting as (
            select id from jobs where batch_id = ${batchId} and billing_state = 'held' and status = 'queued' order by id for update skip locked
          ), ended as (
            update jobs set status = 'cancelled', cancel_requested_at = coalesce(cancel_requested_at, now()), look_at = null, finished_at = now(),
              billing_state = 'settle_pending'
            from waiting where jobs.id = waiting.id returning jobs.*
          ), told as (${tellJobEnds(sql`ended`)})
          select id from ended`,
    ),
  );
  return cancelled.length;
}

/** Marks jobs for cancelling, whoever they belong to: their workers end them as cancelled, with what was produced. */
export async function requestCancel(em: EntityManager, jobIds: string[]): Promise<void> {
  await execute(
    em,
    sql`update jobs set cancel_requested_at = now() where id = any(${jobIds}) and status = 'running' and cancel_requested_at is null`,
  );
}
