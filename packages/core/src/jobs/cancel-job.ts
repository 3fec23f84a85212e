import { isEnd } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, inTransaction, sql } from '../database/index.ts';
import { tellJobEnds } from '../webhooks/index.ts';
import { getJob, type JobOwner } from './get-job.ts';
import type { JobView } from './job-view.ts';

/**
 * Asks for the end of a job. A queued one is cancelled at once, its hold to be settled at 0. A running one is marked; its worker
 * closes the provider's socket and finishes it as cancelled with what was produced. One that has ended stays as it is.
 * @throws AppError not_found
 */
export async function cancelJob(em: EntityManager, owner: JobOwner): Promise<JobView> {
  await inTransaction(em, async (tx) => {
    const [job] = await execute<{ id: string }>(
      tx,
      sql`with moved as (
            update jobs set cancel_requested_at = coalesce(cancel_requested_at, now()),
              status = case status when 'queued' then 'cancelled' else status end,
              look_at = null,
              finished_at = case status when 'queued' then now() end,
              billing_state = case status when 'queued' then 'settle_pending' else billing_state end
            where id = ${owner.jobId} and user_id = ${owner.userId} and status in ('queued', 'running') returning *
          ), told as (${tellJobEnds(sql`moved`)})
          select id from moved`,
    );
    if (!job) await getJob(tx, owner);
  });
  return getJob(em.fork(), owner);
}

/** True when a cancel still has to be carried out by the job's worker. */
export function isCancelling({ status, cancelRequestedAt }: JobView): boolean {
  return !isEnd(status) && cancelRequestedAt !== null;
}
