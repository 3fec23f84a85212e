import { notFound } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { recordAction } from '../audit-log/index.ts';
import { execute, inTransaction, sql } from '../database/index.ts';

interface RevokeApiKey {
  id: string;
  userId: string;
  now: Date;
}

/**
 * Ends one of a user's keys, everywhere within 10 s.
 * @throws AppError `not_found`, the same for what is missing, revoked before, and somebody else's
 */
export async function revokeApiKey(em: EntityManager, { id, userId, now }: RevokeApiKey): Promise<void> {
  await inTransaction(em, async (tx) => {
    const revoked = await execute(
      tx,
      sql`update api_keys set revoked_at = ${now} where id = ${id} and user_id = ${userId} and revoked_at is null returning id`,
    );
    if (revoked.length === 0) throw notFound('API key');
    await recordAction(tx, { actorId: userId, action: 'api_key.revoke', objectId: id });
  });
}
