import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, inTransaction, one, sql } from '../database/index.ts';
import { completeFile } from '../files/index.ts';
import { recordEvent } from '../webhooks/index.ts';
import type { BatchEnding } from './batch.ts';
import { keepBatch, type TakenBatch } from './take-batch.ts';

/** OpenAI keeps what a batch made for 30 days. */
const outputExpiresS = 30 * 86_400;

/** The last rows are settled within a second or two; a billing worker that is away must not hold a batch up for ever. */
const settleWithinS = 30;

/** How a batch stands whose rows have all ended. */
export interface FinishState {
  completed: number;
  failed: number;
  /** Its rows are charged, or have had time enough: what the files say of their cost is final. */
  isSettled: boolean;
}

export function readFinishState(em: EntityManager, batchId: string): Promise<FinishState> {
  return one(
    em,
    sql<FinishState>`select completed, failed, finalizing_at < now() - make_interval(secs => ${settleWithinS})
          or not exists (select 1 from jobs where batch_id = batches.id and billing_state <> 'settled') as "isSettled"
        from batches where id = ${batchId}`,
  );
}

/** A file that was written for a batch, and not shown yet. */
export interface BatchFile {
  id: string;
  bytes: number;
}

export interface Finish {
  output: BatchFile | null;
  error: BatchFile | null;
  now: Date;
}

/**
 * Ends a batch and shows its files, together: what its status says, its files hold. False when the batch went on without this
 * worker; its files are then nobody's.
 */
export function finishBatch(em: EntityManager, batch: TakenBatch, { output, error, now }: Finish): Promise<boolean> {
  return inTransaction(em, async (tx) => {
    if (!(await keepBatch(tx, batch, 'finalise'))) return false;
    const show = async (file: BatchFile | null, kind: string) => {
      const expiresInS = batch.outputExpiresS ?? outputExpiresS;
      if (file) await completeFile(tx, { ...file, purpose: 'batch_output', filename: `${batch.id}_${kind}.jsonl`, expiresInS });
    };
    await show(output, 'output');
    await show(error, 'error');
    // Cancelled before its file was read to the end: what was written of it was no batch yet.
    await execute(tx, sql`delete from batch_rows using batches where id = ${batch.id} and batch_id = id and in_progress_at is null`);
    const { ending } = await one(
      tx,
      sql<{ ending: BatchEnding }>`update batches set phase = null, look_at = null, lease_id = null, lease_until = null, status = ending,
            output_file_id = ${output?.id ?? null}, error_file_id = ${error?.id ?? null},
            completed_at = case ending when 'completed' then now() end,
            cancelled_at = case ending when 'cancelled' then now() end,
            expired_at = case ending when 'expired' then now() end
          where id = ${batch.id} returning ending`,
    );
    await recordEvent(tx, { userId: batch.userId, type: `batch.${ending}`, objectId: batch.id, now });
    return true;
  });
}
