import type { RegisterRequest } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { inTransaction } from '../database/index.ts';
import { insertUser } from './insert-user.ts';
import { openSession, type Session } from './open-session.ts';
import { hashPassword } from './passwords.ts';

/**
 * Makes a user of somebody who asked for it, and signs them in. Whether that is allowed is for the caller to know.
 * @throws AppError `conflict` when the e-mail address is taken
 */
export async function register(em: EntityManager, { email, password, now }: RegisterRequest & { now: Date }): Promise<Session> {
  const passwordHash = await hashPassword(password);
  return inTransaction(em, async (tx) => {
    const user = await insertUser(tx, { email, passwordHash, role: 'user', now });
    return openSession(tx, { user, now });
  });
}
