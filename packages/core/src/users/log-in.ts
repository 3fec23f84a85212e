import type { LoginRequest } from '@sluice/contract';
import { AppError } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, inTransaction, sql } from '../database/index.ts';
import { openSession, type Session } from './open-session.ts';
import { verifyPassword } from './passwords.ts';
import { User } from './user.entity.ts';

interface Credential {
  id: string;
  passwordHash: string | null;
}

/**
 * Signs in by e-mail address and password.
 * @throws AppError `unauthenticated`: the same words after the same time for an unknown address, a wrong password and a
 * disabled user
 */
export async function logIn(em: EntityManager, { email, password, now }: LoginRequest & { now: Date }): Promise<Session> {
  const [known] = await execute<Credential>(em, sql`select id, password_hash as "passwordHash" from users where email = ${email}`);
  const fits = await verifyPassword(known?.passwordHash ?? null, password);
  const session = known && fits ? await openSessionOf(em, known, now) : null;
  if (!session) throw new AppError('unauthenticated', 'The email or the password is wrong.');
  return session;
}

/** Looks again under the lock: a password changed while the old one was verified, or a user disabled, ends here. */
function openSessionOf(em: EntityManager, { id, passwordHash }: Credential, now: Date): Promise<Session | null> {
  return inTransaction(em, async (tx) => {
    const [same] = await execute(
      tx,
      sql`select id from users where id = ${id} and password_hash = ${passwordHash} and disabled_at is null for share`,
    );
    if (!same) return null;
    const user = await tx.findOneOrFail(User, { id });
    return openSession(tx, { user, now });
  });
}
