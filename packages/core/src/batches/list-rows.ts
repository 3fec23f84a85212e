import type { BatchRowListQuery, BatchRowStatus } from '@sluice/contract';
import { AppError } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import { findJobs } from '../jobs/index.ts';
import { fittingRows } from './row-sizes.ts';
import { lineOfRowId, rowIdOf, type BatchRow } from './row-result.ts';

const columns = sql`batch_id as "batchId", line, custom_id as "customId", status, job_id as "jobId", seq, error_code as "errorCode", error_message as "errorMessage", refusal`;

export interface RowPage {
  rows: BatchRow[];
  hasMore: boolean;
  /** What to ask for the page behind this one with; null when it is empty. */
  cursor: string | null;
}

/**
 * One page of a batch's rows, each with its job.
 * @throws AppError invalid_request for a cursor that is not of this list
 */
export async function listRows(em: EntityManager, batchId: string, { status, limit, after }: BatchRowListQuery): Promise<RowPage> {
  const isByEnd = status === 'finished';
  const from = after === undefined ? 0 : isByEnd ? seqOfCursor(after) : lineOfRowId(batchId, after);
  if (from === null) throw unknownCursor();
  const some = isByEnd || status === undefined ? sql`` : sql`and status = ${status}`;
  const found = await execute(
    em,
    sql<BatchRow>`select ${columns} from batch_rows
        where batch_id = ${batchId} ${some} and ${isByEnd ? sql`seq > ${from}` : sql`line > ${from}`}
        order by ${isByEnd ? sql`seq` : sql`line`} limit ${limit + 1}`,
  );
  const rows = await fittingRows(em, found.slice(0, limit));
  const last = rows.at(-1);
  return {
    rows: await withJobs(em, rows),
    hasMore: found.length > rows.length,
    cursor: last ? (isByEnd ? `seq_${last.seq}` : rowIdOf(last)) : null,
  };
}

/** Not the id of a row: one that is tried again ends in another place. */
function seqOfCursor(cursor: string): number | null {
  const [, seq] = /^seq_(\d{1,9})$/.exec(cursor) ?? [];
  return seq === undefined ? null : Number(seq);
}

/** Rows in the order of their lines, with all that their results are rendered from: a page of an output file, or as much of it as fits into memory. */
export async function readRows(
  em: EntityManager,
  batchId: string,
  page: { statuses: BatchRowStatus[]; afterLine: number; limit: number },
): Promise<BatchRow[]> {
  const rows = await execute(
    em,
    sql<BatchRow>`select ${columns} from batch_rows where batch_id = ${batchId} and status = any(${page.statuses}) and line > ${page.afterLine}
        order by line limit ${page.limit}`,
  );
  return withJobs(em, await fittingRows(em, rows));
}

async function withJobs(em: EntityManager, rows: BatchRow[]): Promise<BatchRow[]> {
  const jobs = await findJobs(
    em,
    rows.flatMap(({ jobId }) => jobId ?? []),
  );
  return rows.map((row) => ({ ...row, job: (row.jobId !== null && jobs.get(row.jobId)) || null }));
}

function unknownCursor(): AppError {
  return new AppError('invalid_request', '`after` is not the last_id of a page of this list.', {
    param: 'after',
    faults: [{ path: 'after', message: 'unknown cursor' }],
  });
}
