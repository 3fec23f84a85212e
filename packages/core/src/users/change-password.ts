import type { ChangePasswordRequest } from '@sluice/contract';
import { AppError } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, inTransaction, sql } from '../database/index.ts';
import { endSessions } from './end-sessions.ts';
import { hashPassword, verifyPassword } from './passwords.ts';

/**
 * A user changes their own password. Every session ends, also the one this came from.
 * @throws AppError `forbidden` when the current password is wrong
 */
export async function changePassword(
  em: EntityManager,
  { userId, request, now }: { userId: string; request: ChangePasswordRequest; now: Date },
): Promise<void> {
  const [known] = await execute<{ passwordHash: string | null }>(
    em,
    sql`select password_hash as "passwordHash" from users where id = ${userId}`,
  );
  const before = known?.passwordHash ?? null;
  if (!(await verifyPassword(before, request.current_password)))
    throw new AppError('forbidden', 'The current password is wrong.', { param: 'current_password' });
  const after = await hashPassword(request.new_password);
  await inTransaction(em, async (tx) => {
    const changed = await execute(
      tx,
      sql`update users set password_hash = ${after} where id = ${userId} and password_hash = ${before} returning id`,
    );
    if (changed.length === 0) throw new AppError('conflict', 'The password was changed at the same time.');
    await endSessions(tx, [userId], now);
  });
}
