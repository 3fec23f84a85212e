import type { EntityManager } from '@mikro-orm/postgresql';
import { recordAction, systemActor } from '../audit-log/index.ts';
import { execute, inTransaction, sql } from '../database/index.ts';

/** Which secret of a user's key: a rotation makes the next revision. */
export interface OwnKeyRevision {
  id: string;
  revision: number;
}

/**
 * Takes a user's key out of use that its provider refused; its user reads the reason in GET /v1/provider-keys. Answers false when
 * it was out of use already, rotated meanwhile or removed.
 */
export function disableOwnKey(em: EntityManager, { id, revision }: OwnKeyRevision, reason: string): Promise<boolean> {
  return inTransaction(em, async (tx) => {
    const disabled = await execute(
      tx,
      sql`update own_keys set enabled = false, disabled_reason = ${reason} where id = ${id} and revision = ${revision} and enabled returning id`,
    );
    if (disabled.length === 0) return false;
    await recordAction(tx, { actorId: systemActor, action: 'own_key.disable', objectId: id, details: { reason } });
    return true;
  });
}

/** Puts a key into use again whose provider has just taken it. */
export function enableOwnKey(em: EntityManager, { id, revision }: OwnKeyRevision, userId: string): Promise<void> {
  return inTransaction(em, async (tx) => {
    const enabled = await execute(
      tx,
      sql`update own_keys set enabled = true, disabled_reason = null where id = ${id} and revision = ${revision} and not enabled returning id`,
    );
    if (enabled.length > 0) await recordAction(tx, { actorId: userId, action: 'own_key.enable', objectId: id });
  });
}
