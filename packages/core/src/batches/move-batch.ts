import { AppError } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import { getBatch, type Batch, type BatchOwner } from './batch.ts';

/**
 * Asks for the end of a batch: no row starts any more, queued ones are cancelled, running ones may end within 10 minutes. What
 * has finished is kept. Asked again while it is cancelling, it answers the batch as it is.
 * @throws AppError not_found; conflict when it is over
 */
export function cancelBatch(em: EntityManager, owner: BatchOwner): Promise<Batch> {
  // Nothing of a file that is still being read has become a row that anybody knows of: there is nothing to wait for.
  const change = sql`status = 'cancelling', ending = 'cancelled', cancelling_at = now(), look_at = now(), waiting_code = null, waiting_message = null,
    phase = case phase when 'validate' then 'finalise' else phase end,
    finalizing_at = case phase when 'validate' then now() else finalizing_at end`;
  return moveBatch(em, owner, { change, from: ['validating', 'in_progress', 'finalizing'], done: ['cancelling'], verb: 'cancel' });
}

/**
 * Stops new rows from starting until the batch is resumed; running ones go on, and the window does too.
 * @throws AppError not_found; conflict when no row can start any more
 */
export function pauseBatch(em: EntityManager, owner: BatchOwner): Promise<Batch> {
  return moveBatch(em, owner, {
    change: sql`paused_at = coalesce(paused_at, now())`,
    from: ['validating', 'in_progress'],
    done: [],
    verb: 'pause',
  });
}

export interface Resumption {
  /** Undefined keeps the budget, null lifts it. */
  budget: string | null | undefined;
}

/**
 * Lets rows start again, within a new budget if there is one.
 * @throws AppError not_found; conflict when no row can start any more
 */
export function resumeBatch(em: EntityManager, owner: BatchOwner, { budget }: Resumption): Promise<Batch> {
  const change = sql`paused_at = null, look_at = now(), waiting_code = null, waiting_message = null ${budget === undefined ? sql`` : sql`, budget = ${budget}`}`;
  return moveBatch(em, owner, { change, from: ['validating', 'in_progress'], done: [], verb: 'resume' });
}

interface Move {
  change: ReturnType<typeof sql>;
  from: string[];
  /** States in which it was done before. */
  done: string[];
  verb: string;
}

async function moveBatch(em: EntityManager, owner: BatchOwner, { change, from, done, verb }: Move): Promise<Batch> {
  await execute(em, sql`update batches set ${change} where id = ${owner.batchId} and user_id = ${owner.userId} and status = any(${from})`);
  const batch = await getBatch(em, owner);
  if (from.includes(batch.status) || done.includes(batch.status)) return batch;
  throw new AppError('conflict', `Cannot ${verb} a batch with status '${batch.status}'.`);
}
