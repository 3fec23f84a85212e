import { newId, Scope } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, inTransaction, sql } from '../database/index.ts';
import { insertApiKey } from './create-api-key.ts';
import { insertUser } from './insert-user.ts';
import { hashPassword } from './passwords.ts';
import { User } from './user.entity.ts';

/** Any number that no other user of the database takes as its advisory lock. */
const setUpLock = 7_205_759_404;

interface FirstAdmin {
  email: string;
  /** Null: signs in by key alone, until a password is set. */
  password: string | null;
  /** `sk-...`; null makes no key. */
  apiKey: string | null;
  now: Date;
}

/**
 * Makes the first administrator and their API key, for set-up without a person. Safe to call at every start and by several
 * processes at once: a user who is there keeps their password, and a key that was revoked stays revoked.
 */
export async function ensureAdmin(
  em: EntityManager,
  { email, password, apiKey, now }: FirstAdmin,
): Promise<{ userId: string; isNew: boolean }> {
  const address = email.toLowerCase();
  const known = await em.findOne(User, { email: address });
  const passwordHash = known || password === null ? null : await hashPassword(password);
  return inTransaction(em, async (tx) => {
    await execute(tx, sql`select pg_advisory_xact_lock(${setUpLock})`);
    const before = await tx.findOne(User, { email: address });
    const user = before ?? (await insertUser(tx, { email: address, passwordHash, role: 'admin', now }));
    const key = {
      id: newId('apiKey'),
      userId: user.id,
      name: 'First administrator',
      scopes: Scope.options,
      requestsPerMinute: null,
      expiresAt: null,
      now,
    };
    if (apiKey !== null) await insertApiKey(tx, { ...key, secret: apiKey });
    return { userId: user.id, isNew: before === null };
  });
}
