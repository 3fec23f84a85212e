import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, inTransaction, sql } from '../database/index.ts';
import type { JobOwner } from './get-job.ts';

/** How long what is not to be stored can still be read after its end. */
export const unstoredS = 600;

const forgotten = sql`deleted_at = now(), output = null, error_message = null, request = '{"messages":[],"params":{}}'::json, repair = null,
  surface_echo = null, surface_input = null, metadata = '{}'::json, cache_key = null, cache_ttl_s = null, cache_price_factor = null`;

/** The rest of such a statement: nobody takes the answers of the rows `forgotten` any more. */
const uncached = sql`uncached as (delete from cached_results using forgotten where job_id = forgotten.id)`;

/** Deletes what an ended job said and was asked. The row stays with its usage, because it is charged. False when it has not ended or was deleted before. */
export async function forgetJob(em: EntityManager, { jobId, userId }: JobOwner): Promise<boolean> {
  const deleted = await execute(
    em,
    sql`with forgotten as (
          update jobs set ${forgotten} where id = ${jobId} and user_id = ${userId} and finished_at is not null and deleted_at is null returning id
        ), ${uncached} select id from forgotten`,
  );
  return deleted.length === 1;
}

/** Jobs that are kept alike: those of callers who wanted nothing stored, or all others. */
export interface Retention {
  isStored: boolean;
  /** Counted from a job's end. */
  keptS: number;
}

/**
 * Deletes the content of ended jobs that have been kept as long as they should; answers their ids, whose event logs can go too.
 * The longest-kept go first, and several workers share the rows.
 */
export function forgetOldJobs(em: EntityManager, { isStored, keptS }: Retention, limit: number): Promise<string[]> {
  return inTransaction(em, async (tx) => {
    const rows = await execute<{ id: string }>(
      tx,
      sql`with due as (
            select id from jobs
            where is_stored = ${isStored} and deleted_at is null and finished_at < now() - make_interval(secs => ${keptS})
            order by finished_at limit ${limit} for update skip locked
          ), forgotten as (
            update jobs set ${forgotten} from due where jobs.id = due.id returning jobs.id
          ), ${uncached} select id from forgotten`,
    );
    return rows.map(({ id }) => id);
  });
}
