import type { UpdateUserRequest } from '@sluice/contract';
import { AppError, notFound } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { recordAction } from '../audit-log/index.ts';
import { execute, inTransaction, one, sql } from '../database/index.ts';
import { endSessions } from './end-sessions.ts';
import { hashPassword } from './passwords.ts';
import { User } from './user.entity.ts';

interface UpdateUser {
  actorId: string;
  userId: string;
  request: UpdateUserRequest;
  now: Date;
}

/**
 * An administrator changes a user. One who is disabled or has a new password is signed out everywhere, and their keys and
 * tokens stop within 10 s.
 * @throws AppError `not_found`; `conflict` when no administrator would be left, or a password is set without an e-mail address
 */
export async function updateUser(em: EntityManager, { actorId, userId, request, now }: UpdateUser): Promise<User> {
  const { role, disabled, password } = request;
  const passwordHash = password === undefined ? null : await hashPassword(password);
  return inTransaction(em, async (tx) => {
    await lockAdministrators(tx);
    const user = await tx.findOne(User, { id: userId });
    if (!user) throw notFound('user');
    if (passwordHash && !user.email) throw new AppError('conflict', 'A user without an email cannot have a password.');
    await execute(
      tx,
      sql`update users set role = coalesce(${role ?? null}, role), password_hash = coalesce(${passwordHash}, password_hash),
          disabled_at = case ${disabled ?? null}::boolean when true then coalesce(disabled_at, ${now}) when false then null else disabled_at end
          where id = ${userId}`,
    );
    await requireAdministrator(tx);
    if (disabled === true || passwordHash) await endSessions(tx, [userId], now);
    await recordAction(tx, {
      actorId,
      action: 'user.update',
      objectId: userId,
      details: { role, disabled, password: passwordHash ? 'changed' : undefined },
    });
    return tx.refresh(user).then(() => user);
  });
}

/** In the order of their ids, so that two administrators who demote each other at once do not both succeed. */
async function lockAdministrators(tx: EntityManager): Promise<void> {
  await execute(tx, sql`select id from users where role = 'admin' and disabled_at is null order by id for update`);
}

async function requireAdministrator(tx: EntityManager): Promise<void> {
  const { left } = await one<{ left: number }>(
    tx,
    sql`select count(*)::int as left from users where role = 'admin' and disabled_at is null`,
  );
  if (left === 0) throw new AppError('conflict', 'This is the last administrator; make another one first.');
}
