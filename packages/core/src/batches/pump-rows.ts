import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, one, sql } from '../database/index.ts';
import { parseCredits, renderCredits } from '../billing/index.ts';

/** What a pump has to know to decide its next step. */
export interface PumpState {
  isCancelling: boolean;
  isPaused: boolean;
  isExpired: boolean;
  expiresAt: Date;
  hasPending: boolean;
  /** Rows with a job, and those of them whose job still waits for a worker. */
  submitted: number;
  queued: number;
  /** Credits that more rows may hold; null without a budget. */
  budgetLeft: string | null;
}

/** Reads how a batch stands, in one snapshot. Null when it is not to be pumped any more. */
export async function readPumpState(em: EntityManager, batchId: string): Promise<PumpState | null> {
  const [row] = await execute(
    em,
    sql<Omit<PumpState, 'budgetLeft' | 'expiresAt'> & { expiresAtS: number; budget: string | null; spent: string; held: string }>`select
          b.status = 'cancelling' as "isCancelling", b.paused_at is not null as "isPaused", b.expires_at <= now() as "isExpired",
          extract(epoch from b.expires_at)::float8 as "expiresAtS",
          exists (select 1 from batch_rows where batch_id = b.id and status = 'pending') as "hasPending",
          open.submitted, open.queued, b.budget::text,
          coalesce((select cost from cost_totals where scope = 'batch' and scope_id = b.id), 0)::numeric(20,4)::text as spent,
          coalesce((select sum(hold) from jobs where batch_id = b.id and billing_state <> 'settled'), 0)::numeric(20,4)::text as held
        from batches b, lateral (
          select count(*)::int as submitted, (count(*) filter (where j.status = 'queued'))::int as queued
          from batch_rows r join jobs j on j.id = r.job_id where r.batch_id = b.id and r.status = 'submitted'
        ) as open
        where b.id = ${batchId} and b.phase = 'pump'`,
  );
  if (!row) return null;
  const { budget, spent, held, expiresAtS, ...state } = row;
  const budgetLeft = budget === null ? null : renderCredits(parseCredits(budget) - parseCredits(spent) - parseCredits(held));
  return { ...state, expiresAt: new Date(expiresAtS * 1000), budgetLeft };
}

/** A row whose turn it is, and where its line stands in the input file. */
export interface NextRow {
  line: number;
  run: number;
  position: number;
  length: number;
}

/** The first rows that wait, in the order of their lines: at most so many, and of so many bytes together, but always one. */
export function nextRows(em: EntityManager, batchId: string, limits: { rows: number; bytes: number }): Promise<NextRow[]> {
  return execute(
    em,
    sql<NextRow>`select line, run, position::float8 as position, length from (
          select *, sum(length) over (order by line) as bytes from (
            select line, run, position, length from batch_rows where batch_id = ${batchId} and status = 'pending' order by line limit ${limits.rows}
          ) as waiting
        ) as summed where bytes <= ${limits.bytes} or bytes = length order by line`,
  );
}

/** Notes which job each row became. A row that was ended meanwhile stays as it is. */
export async function markSubmitted(
  em: EntityManager,
  batchId: string,
  rows: { line: number; run: number; jobId: string }[],
): Promise<void> {
  if (rows.length === 0) return;
  await execute(
    em,
    sql`update batch_rows r set status = 'submitted', job_id = s."jobId"
        from json_to_recordset(${JSON.stringify(rows)}::json) as s (line int, run int, "jobId" text)
        where r.batch_id = ${batchId} and r.line = s.line and r.run = s.run and r.status = 'pending'`,
  );
}

/** Says why no row starts, or with null that rows do. */
export async function setWaiting(em: EntityManager, batchId: string, waiting: { code: string; message: string } | null): Promise<void> {
  const { code = null, message = null } = waiting ?? {};
  await execute(
    em,
    sql`update batches set waiting_code = ${code}, waiting_message = ${message}
        where id = ${batchId} and phase = 'pump' and (waiting_code, waiting_message) is distinct from (${code}::text, ${message}::text)`,
  );
}

/**
 * All rows have ended: what is left is to write the files. Whether the batch has expired is for its rows to say, here and nowhere
 * else: the sweep and the workers may end the last of them at their deadline, which is the batch's, before the pump looks again.
 */
export async function startFinalising(em: EntityManager, batchId: string): Promise<void> {
  await execute(
    em,
    sql`update batches set phase = 'finalise', finalizing_at = now(), look_at = now(), waiting_code = null, waiting_message = null,
          status = case status when 'in_progress' then 'finalizing' else status end,
          ending = case when ending = 'completed' and exists (select 1 from batch_rows where batch_id = batches.id and status = 'expired') then 'expired' else ending end
        where id = ${batchId} and phase = 'pump'
          and not exists (select 1 from batch_rows where batch_id = batches.id and status in ('pending', 'submitted'))`,
  );
}

/** The running jobs of a batch whose time to end by themselves after a cancel is over. */
export async function findOverstaying(em: EntityManager, batchId: string, graceS: number): Promise<string[]> {
  const { ids } = await one(
    em,
    sql<{ ids: string[] }>`select coalesce(array_agg(r.job_id), '{}') as ids from batches b join batch_rows r on r.batch_id = b.id
        where b.id = ${batchId} and b.cancelling_at < now() - make_interval(secs => ${graceS}) and r.status = 'submitted'`,
  );
  return ids;
}
