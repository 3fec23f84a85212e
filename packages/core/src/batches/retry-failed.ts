import { AppError } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, inTransaction, sql } from '../database/index.ts';
import { findFile } from '../files/index.ts';
import { getBatch, type Batch, type BatchOwner } from './batch.ts';

/**
 * Runs the rows again that did not complete: failed, cancelled and expired ones. Those that completed are kept and not paid
 * again. A batch that was over goes on for another window, and makes new files at its end. Asked twice it does it once: a row
 * that is waiting or running has not failed.
 * @throws AppError not_found; conflict while it is validating, finishing or being cancelled, when its file was never accepted or is gone
 */
export async function retryFailed(em: EntityManager, owner: BatchOwner): Promise<Batch> {
  await inTransaction(em, async (tx) => {
    await execute(tx, sql`select id from batches where id = ${owner.batchId} and user_id = ${owner.userId} for update`);
    const batch = await getBatch(tx, owner);
    await checkRetry(tx, batch);
    if (batch.failed > 0) await resetRows(tx, batch.id);
  });
  return getBatch(em, owner);
}

async function checkRetry(tx: EntityManager, { status, userId, inputFileId }: Batch): Promise<void> {
  if (!['in_progress', 'completed', 'cancelled', 'expired'].includes(status)) {
    throw new AppError('conflict', `Cannot retry the rows of a batch with status '${status}'.`);
  }
  if (status !== 'in_progress' && !(await findFile(tx, { fileId: inputFileId, userId }))) {
    throw new AppError('conflict', 'The input file is gone; upload it again and make a new batch of it.');
  }
}

async function resetRows(tx: EntityManager, batchId: string): Promise<void> {
  await execute(
    tx,
    sql`update batch_rows set status = 'pending', run = run + 1, job_id = null, seq = null, error_code = null, error_message = null, refusal = null
        where batch_id = ${batchId} and status in ('failed', 'cancelled', 'expired')`,
  );
  await execute(tx, sql`delete from batch_failures where batch_id = ${batchId}`);
  await execute(
    tx,
    sql`update batches set failed = 0, status = 'in_progress', phase = 'pump', ending = 'completed', look_at = now(),
          expires_at = case when phase is null then now() + make_interval(secs => window_s) else expires_at end,
          in_progress_at = coalesce(in_progress_at, now()), paused_at = null, waiting_code = null, waiting_message = null,
          output_file_id = null, error_file_id = null, finalizing_at = null, completed_at = null, expired_at = null, cancelling_at = null, cancelled_at = null
        where id = ${batchId}`,
  );
}
