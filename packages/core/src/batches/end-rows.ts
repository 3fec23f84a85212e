import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, inTransaction, one, sql } from '../database/index.ts';
import type { Refusal } from './row-result.ts';

/** Rows ended in one statement at the most. */
const rowsMax = 5000;

/** Rows of one batch that end, as a query: line, run, status, code, message, refusal and what was used. */
type EndedRows = ReturnType<typeof sql>;

const nothingUsed = sql`0::bigint as input_tokens, 0::bigint as cached_input_tokens, 0::bigint as output_tokens, 0::bigint as reasoning_tokens`;

/** Ends the submitted rows whose jobs have ended. A job's deadline is its batch's: one that met it has expired. Answers how many. */
export async function collectRows(em: EntityManager, batchId: string): Promise<number> {
  // Most looks find nothing: they need no lock and write no row.
  const ended = await execute(
    em,
    sql`select line from batch_rows r join jobs j on j.id = r.job_id where r.batch_id = ${batchId} and r.status = 'submitted' and j.finished_at is not null limit 1`,
  );
  if (ended.length === 0) return 0;
  return endRows(
    em,
    batchId,
    sql`select r.line, r.run, ended.status, null::json as refusal,
          case ended.status when 'completed' then null when 'cancelled' then 'batch_cancelled' when 'expired' then 'batch_expired' else coalesce(j.error_code, 'job_cancelled') end as code,
          case ended.status when 'completed' then null when 'cancelled' then ${messages.cancelled} when 'expired' then ${messages.expired}
            else coalesce(j.error_message, 'The job of this row was cancelled.') end as message,
          j.input_tokens, j.cached_input_tokens, j.output_tokens, j.reasoning_tokens
        from batches b join batch_rows r on r.batch_id = b.id join jobs j on j.id = r.job_id,
          lateral (select case
            when j.status in ('completed', 'incomplete') then 'completed'
            when j.status = 'cancelled' and b.ending = 'cancelled' then 'cancelled'
            when j.error_code = 'deadline_exceeded' then 'expired'
            else 'failed' end as status) as ended
        where b.id = ${batchId} and r.status = 'submitted' and j.finished_at is not null`,
  );
}

const messages: Record<'cancelled' | 'expired', string> = {
  cancelled: 'This request could not be executed because the batch was cancelled.',
  expired: 'This request could not be executed before the completion window expired.',
};

/** Ends rows that have not been submitted, some thousands at a time. Answers how many; 0 when none is left. */
export function endPendingRows(em: EntityManager, batchId: string, status: 'cancelled' | 'expired'): Promise<number> {
  return endRows(
    em,
    batchId,
    sql`select line, run, ${status} as status, null::json as refusal, ${`batch_${status}`} as code, ${messages[status]} as message, ${nothingUsed}
        from batch_rows where batch_id = ${batchId} and status = 'pending' order by line limit ${rowsMax}`,
  );
}

export interface RefusedRow {
  line: number;
  run: number;
  code: string;
  message: string;
  refusal: Refusal;
}

/** Ends rows that no job could be made of. */
export async function refuseRows(em: EntityManager, batchId: string, rows: RefusedRow[]): Promise<void> {
  if (rows.length === 0) return;
  const records = rows.map((row) => ({ ...row, refusal: JSON.stringify(row.refusal) }));
  await endRows(
    em,
    batchId,
    sql`select line, run, 'failed' as status, refusal::json as refusal, code, message, ${nothingUsed}
        from json_to_recordset(${JSON.stringify(records)}::json) as row (line int, run int, code text, message text, refusal text)`,
  );
}

/**
 * Moves rows to their end, counts them on the batch and numbers them in the order they ended, all in one statement: each row is
 * counted once, however often and by however many workers it is seen. The batch is locked first, so its numbers have no double.
 */
function endRows(em: EntityManager, batchId: string, ended: EndedRows): Promise<number> {
  return inTransaction(em, async (tx) => {
    const { lastSeq } = await one(tx, sql<{ lastSeq: number }>`select last_seq as "lastSeq" from batches where id = ${batchId} for update`);
    const { rows } = await one(
      tx,
      sql<{ rows: number }>`with ended as (${ended}),
        numbered as (select ended.*, ${lastSeq}::int + row_number() over (order by line) as seq from ended),
        moved as (
          update batch_rows r set status = n.status, seq = n.seq, error_code = n.code, error_message = n.message, refusal = n.refusal
          from numbered n where r.batch_id = ${batchId} and r.line = n.line and r.run = n.run and r.status in ('pending', 'submitted')
          returning n.*
        ),
        grouped as (
          insert into batch_failures (batch_id, code, rows, message)
          select ${batchId}, code, count(*), min(message) from moved where status <> 'completed' group by code
          on conflict (batch_id, code) do update set rows = batch_failures.rows + excluded.rows
        )
        update batches set last_seq = batches.last_seq + counted.rows, completed = batches.completed + counted.completed,
          failed = batches.failed + counted.rows - counted.completed,
          input_tokens = batches.input_tokens + counted.input_tokens, cached_input_tokens = batches.cached_input_tokens + counted.cached_input_tokens,
          output_tokens = batches.output_tokens + counted.output_tokens, reasoning_tokens = batches.reasoning_tokens + counted.reasoning_tokens
        from (
          select count(*)::int as rows, count(*) filter (where status = 'completed')::int as completed,
            coalesce(sum(input_tokens), 0) as input_tokens, coalesce(sum(cached_input_tokens), 0) as cached_input_tokens,
            coalesce(sum(output_tokens), 0) as output_tokens, coalesce(sum(reasoning_tokens), 0) as reasoning_tokens
          from moved
        ) as counted
        where id = ${batchId} returning counted.rows`,
    );
    return rows;
  });
}
