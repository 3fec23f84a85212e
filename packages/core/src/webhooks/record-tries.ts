import { toStorable } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, inTransaction, sql } from '../database/index.ts';
import type { NextTry } from './decide-next-try.ts';

/** What a try came to, and what becomes of its delivery. */
export interface EndedTry {
  deliveryId: string;
  try: number;
  startedAt: Date;
  durationMs: number;
  /** Null when there was no answer. */
  status: number | null;
  error: string | null;
  answer: string | null;
  next: NextTry;
}

const answerBytesMax = 2048;

/**
 * Writes tries and moves their deliveries on: a compare-and-set on (id, try, pending). A try that came back after its lease is kept
 * for readers, but decides nothing unless it delivered. An endpoint that answered 410 is disabled, and what else was due there has failed.
 */
export async function recordTries(em: EntityManager, ended: EndedTry[]): Promise<void> {
  await inTransaction(em, async (tx) => {
    const goneIds = await moveDeliveries(tx, ended);
    if (goneIds.length > 0) await disableEndpoints(tx, goneIds);
  });
}

async function moveDeliveries(tx: EntityManager, ended: EndedTry[]): Promise<string[]> {
  const gone = await execute<{ endpointId: string }>(
    tx,
    sql`with ended as (
          select * from json_to_recordset(${JSON.stringify(ended.map(renderRow))}::json) as e (delivery_id text, try int, started_at timestamptz,
            duration_ms int, status_code int, error text, answer text, outcome text, delay_ms float8)
        ), held as (
          select d.id from webhook_deliveries d join ended on ended.delivery_id = d.id
          where d.status = 'pending' and (d.tries = ended.try or ended.outcome = 'delivered') order by d.id for update of d
        ), moved as (
          update webhook_deliveries d set failures = failures + (outcome <> 'delivered')::int,
            status = case outcome when 'pending' then 'pending' when 'delivered' then 'delivered' else 'failed' end,
            due_at = case outcome when 'pending' then now() + make_interval(secs => delay_ms / 1000) end,
            finished_at = case outcome when 'pending' then null else now() end
          from ended, held where d.id = held.id and ended.delivery_id = d.id
          returning d.endpoint_id, d.url, ended.outcome
        ), recorded as (
          insert into webhook_tries (delivery_id, try, started_at, duration_ms, status_code, error, answer)
          select delivery_id, try, ended.started_at, duration_ms, status_code, error, answer from ended join webhook_deliveries d on d.id = delivery_id
          on conflict do nothing
        )
        select endpoint_id as "endpointId" from moved where outcome = 'disabled' and url is null`,
  );
  return gone.map(({ endpointId }) => endpointId);
}

async function disableEndpoints(tx: EntityManager, endpointIds: string[]): Promise<void> {
  await execute(tx, sql`update webhook_endpoints set disabled_at = now() where id = any(${endpointIds}) and disabled_at is null`);
  await execute(
    tx,
    sql`update webhook_deliveries set status = 'failed', due_at = null, finished_at = now() where status = 'pending' and target = any(${endpointIds})`,
  );
}

function renderRow({ deliveryId, startedAt, durationMs, status, error, answer, next, ...ended }: EndedTry) {
  return {
    delivery_id: deliveryId,
    try: ended.try,
    started_at: startedAt,
    duration_ms: durationMs,
    status_code: status,
    error: error === null ? null : toStorable(error),
    answer: answer === null ? null : clip(answer),
    outcome: next.to,
    delay_ms: next.to === 'pending' ? next.delayMs : null,
  };
}

/** Foreign bytes: made storable, and no more than is shown. */
function clip(answer: string): string {
  return toStorable(Buffer.from(answer).subarray(0, answerBytesMax).toString('utf8'));
}
