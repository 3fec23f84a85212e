import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, inTransaction, sql } from '../database/index.ts';
import { tellJobEnds } from '../webhooks/index.ts';

/**
 * Ends queued jobs that are past their deadline; answers their ids, to be told to their readers. Running ones are ended by their
 * worker's own timer, and come back to the queue if that worker is dead.
 */
export async function endOverdueJobs(em: EntityManager, limit: number): Promise<string[]> {
  const ended = await inTransaction(em, (tx) =>
    execute<{ id: string }>(
      tx,
      sql`with overdue as (
            select id from jobs where status = 'queued' and deadline_at <= now() order by id limit ${limit} for update skip locked
          ), ended as (
            update jobs set status = 'failed', look_at = null, finished_at = now(), billing_state = 'settle_pending',
              error_code = 'deadline_exceeded', error_message = 'The job did not end before its deadline.'
            from overdue where jobs.id = overdue.id returning jobs.*
          ), told as (${tellJobEnds(sql`ended`)})
          select id from ended`,
    ),
  );
  return ended.map(({ id }) => id);
}
