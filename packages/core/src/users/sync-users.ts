import type { SyncUserRow } from '@sluice/contract';
import { AppError } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { recordAction } from '../audit-log/index.ts';
import { execute, inTransaction, sql } from '../database/index.ts';
import { endSessions } from './end-sessions.ts';
import { insertUser } from './insert-user.ts';
import { User } from './user.entity.ts';

interface SyncUsers {
  actorId: string;
  rows: SyncUserRow[];
  now: Date;
}

/**
 * Takes over users of another system by their external ids: makes those that are new, changes what is sent of the others, and
 * leaves everybody else alone. Each row stands alone: the answer has, at the same place, the user or the error of that row.
 * One transaction with a savepoint a row, which is one fsync for all. Never makes or unmakes an administrator.
 */
export function syncUsers(em: EntityManager, { actorId, rows, now }: SyncUsers): Promise<(User | AppError)[]> {
  return inTransaction(em, async (tx) => {
    const results = new Map<number, User | AppError>();
    // In one order, so that two syncs at once wait for each other and never in a circle.
    for (const [index, row] of [...rows.entries()].toSorted(byExternalId)) results.set(index, await trySync(tx, row, now));
    await recordAction(tx, { actorId, action: 'user.sync', objectId: actorId, details: { rows: rows.length } });
    return rows.map((_, index) => results.get(index) ?? new AppError('internal', 'This row was not reached.'));
  });
}

async function trySync(tx: EntityManager, row: SyncUserRow, now: Date): Promise<User | AppError> {
  try {
    return await tx.transactional((savepoint) => syncUser(savepoint, row, now));
  } catch (error) {
    if (error instanceof AppError) return error;
    if (isUniqueViolation(error)) return new AppError('conflict', 'Another user has this email.', { param: 'email' });
    throw error;
  }
}

async function syncUser(tx: EntityManager, { external_id: externalId, email, disabled }: SyncUserRow, now: Date): Promise<User> {
  const known = await tx.findOne(User, { externalId });
  const { id } = known ?? (await insertUser(tx, { externalId, email, role: 'user', now }));
  await execute(
    tx,
    sql`update users set email = case when ${email !== undefined} then ${email ?? null} else email end,
        disabled_at = case ${disabled ?? null}::boolean when true then coalesce(disabled_at, ${now}) when false then null else disabled_at end
        where id = ${id}`,
  );
  if (disabled === true) await endSessions(tx, [id], now);
  return tx.findOneOrFail(User, { id }, { refresh: true });
}

function byExternalId([, a]: [number, SyncUserRow], [, b]: [number, SyncUserRow]): number {
  return a.external_id < b.external_id ? -1 : 1;
}

function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23505';
}
