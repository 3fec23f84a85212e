import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, inTransaction, sql } from '../database/index.ts';
import { principalOfUser } from './find-principal.ts';
import { insertUser } from './insert-user.ts';
import type { Principal } from './principal.ts';
import { User } from './user.entity.ts';

interface Subject {
  externalId: string;
  /** As the token says it; left out when another user has it: an address in a token never joins two users. */
  email?: string | null;
  now: Date;
}

/**
 * Who a subject of the product's own tokens is. The first time it is made a user with a wallet, and never an administrator.
 * Null when the user is disabled.
 */
export async function provisionUser(em: EntityManager, { externalId, email = null, now }: Subject): Promise<Principal | null> {
  const known = (await em.findOne(User, { externalId })) ?? (await insertSubject(em, { externalId, email, now }));
  return known.disabledAt ? null : principalOfUser(known.id, known.role);
}

/** One at a time for each subject: two first requests at once must find one user. */
function insertSubject(em: EntityManager, { externalId, email = null, now }: Subject): Promise<User> {
  return inTransaction(em, async (tx) => {
    await execute(tx, sql`select pg_advisory_xact_lock(hashtextextended(${externalId}, 0))`);
    const known = await tx.findOne(User, { externalId });
    if (known) return known;
    const isTaken = email !== null && (await tx.count(User, { email })) > 0;
    return insertUser(tx, { externalId, email: isTaken ? null : email, role: 'user', now });
  });
}
