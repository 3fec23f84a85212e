import type { BatchFault } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, inTransaction, sql } from '../database/index.ts';
import { recordEvent } from '../webhooks/index.ts';
import type { Refusal } from './row-result.ts';
import { keepBatch, type TakenBatch } from './take-batch.ts';

/** A line that was accepted as a row: to be run, or refused at once. */
export interface NewRow {
  line: number;
  customId: string;
  position: number;
  length: number;
  refused: { code: string; message: string; refusal: Refusal } | null;
}

/** Forgets what an earlier, interrupted validation wrote. False when the batch is not this worker's to validate any more. */
export function startValidation(em: EntityManager, batch: TakenBatch): Promise<boolean> {
  return inTransaction(em, async (tx) => {
    if (!(await keepBatch(tx, batch, 'validate'))) return false;
    await execute(tx, sql`delete from batch_rows where batch_id = ${batch.id}`);
    return true;
  });
}

/** Writes rows of the file in the order of its lines. False as above. */
export function insertRows(em: EntityManager, batch: TakenBatch, rows: NewRow[]): Promise<boolean> {
  return inTransaction(em, async (tx) => {
    if (!(await keepBatch(tx, batch, 'validate'))) return false;
    const records = rows.map(({ line, customId, position, length, refused }) => ({
      line,
      custom_id: customId,
      position,
      length,
      error_code: refused?.code ?? null,
      error_message: refused?.message ?? null,
      refusal: refused ? JSON.stringify(refused.refusal) : null,
    }));
    await execute(
      tx,
      sql`insert into batch_rows (batch_id, line, custom_id, position, length, status, seq, error_code, error_message, refusal)
          select ${batch.id}, line, custom_id, position, length, case when refusal is null then 'pending' else 'failed' end,
            case when refusal is null then null else line end, error_code, error_message, refusal::json
          from json_to_recordset(${JSON.stringify(records)}::json)
            as row (line int, custom_id text, position bigint, length int, error_code text, error_message text, refusal text)`,
    );
    return true;
  });
}

/** What a file came to: the one model of its rows, and the most that they can use and cost. */
export interface FileSummary {
  model: string | null;
  inputTokens: number;
  maxOutputTokens: number;
  maxCost: string;
}

/**
 * A file was read to its end and is sound: its rows start from now on. The rows that were refused have failed already, in the
 * order of their lines; those that fail later are numbered behind the last line.
 */
export function beginBatch(
  em: EntityManager,
  batch: TakenBatch,
  { model, inputTokens, maxOutputTokens, maxCost }: FileSummary,
): Promise<boolean> {
  return inTransaction(em, async (tx) => {
    if (!(await keepBatch(tx, batch, 'validate'))) return false;
    await execute(
      tx,
      sql`insert into batch_failures (batch_id, code, rows, message)
          select batch_id, error_code, count(*), min(error_message) from batch_rows where batch_id = ${batch.id} and status = 'failed' group by batch_id, error_code`,
    );
    await execute(
      tx,
      sql`update batches set phase = 'pump', status = 'in_progress', in_progress_at = now(), look_at = now(), model = ${model},
            estimated_input_tokens = ${inputTokens}, estimated_output_tokens = ${maxOutputTokens}, estimated_cost = ${maxCost},
            total = counted.total, failed = counted.failed, last_seq = counted.last_line
          from (select count(*) as total, count(*) filter (where status = 'failed') as failed, coalesce(max(line), 0) as last_line
                from batch_rows where batch_id = ${batch.id}) as counted
          where id = ${batch.id}`,
    );
    return true;
  });
}

/** A file was read and cannot be a batch: it says why, and leaves no rows. */
export function failBatch(em: EntityManager, batch: TakenBatch, { faults, now }: { faults: BatchFault[]; now: Date }): Promise<boolean> {
  return inTransaction(em, async (tx) => {
    if (!(await keepBatch(tx, batch, 'validate'))) return false;
    await execute(tx, sql`delete from batch_rows where batch_id = ${batch.id}`);
    await execute(
      tx,
      sql`update batches set phase = null, status = 'failed', failed_at = now(), look_at = null, errors = ${JSON.stringify(faults)}::json where id = ${batch.id}`,
    );
    await recordEvent(tx, { userId: batch.userId, type: 'batch.failed', objectId: batch.id, now });
    return true;
  });
}
