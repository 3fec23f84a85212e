import { newId, type Role } from '@sluice/contract';
import { AppError } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { createWallet } from '../billing/index.ts';
import { execute, sql } from '../database/index.ts';
import { User } from './user.entity.ts';

export interface NewUser {
  email?: string | null | undefined;
  externalId?: string | null | undefined;
  passwordHash?: string | null | undefined;
  role: Role;
  now: Date;
}

/**
 * Writes a user and an empty wallet in the caller's transaction.
 * @throws AppError `conflict` when the e-mail address or the external id is taken
 */
export async function insertUser(
  tx: EntityManager,
  { email = null, externalId = null, passwordHash = null, role, now }: NewUser,
): Promise<User> {
  const id = newId('user');
  const inserted = await execute(
    tx,
    sql`insert into users (id, email, external_id, password_hash, role, created_at)
        values (${id}, ${email}, ${externalId}, ${passwordHash}, ${role}, ${now}) on conflict do nothing returning id`,
  );
  if (inserted.length === 0) throw new AppError('conflict', 'A user with this email or external_id exists already.');
  await createWallet(tx, id);
  return tx.findOneOrFail(User, { id });
}
