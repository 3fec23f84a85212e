import type { EntityManager } from '@mikro-orm/postgresql';
import { recordAction, systemActor } from '../audit-log/index.ts';
import { execute, inTransaction, sql } from '../database/index.ts';

/**
 * Takes a key out of use that its provider refused; administrators see the reason. Answers false when it was out of use already,
 * so that of many workers that met the same refusal one says so. The caller rings the `providers` bell.
 */
export function disableProviderKey(em: EntityManager, { keyId, reason }: { keyId: string; reason: string }): Promise<boolean> {
  return inTransaction(em, async (tx) => {
    const [key] = await execute<{ provider_id: string }>(
      tx,
      sql`update provider_keys set enabled = false, disabled_reason = ${reason} where id = ${keyId} and enabled returning provider_id`,
    );
    if (!key) return false;
    const details = { provider_id: key.provider_id, reason };
    await recordAction(tx, { actorId: systemActor, action: 'provider_key.disable', objectId: keyId, details });
    return true;
  });
}
