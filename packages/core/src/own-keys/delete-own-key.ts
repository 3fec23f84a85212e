import type { EntityManager } from '@mikro-orm/postgresql';
import { recordAction } from '../audit-log/index.ts';
import { execute, inTransaction, sql } from '../database/index.ts';
import { getOwnKey, type OwnKeyRef } from './list-own-keys.ts';

/** Removes a key for good. A call that is under way with it ends by itself; no other is begun. @throws AppError `not_found` */
export function deleteOwnKey(em: EntityManager, ref: OwnKeyRef): Promise<void> {
  return inTransaction(em, async (tx) => {
    const { provider, last_four } = await getOwnKey(tx, ref);
    await execute(tx, sql`delete from own_keys where id = ${ref.keyId}`);
    await recordAction(tx, { actorId: ref.userId, action: 'own_key.delete', objectId: ref.keyId, details: { provider, last_four } });
  });
}
