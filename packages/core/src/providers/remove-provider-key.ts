import { AppError, notFound } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { recordAction } from '../audit-log/index.ts';
import { execute, inTransaction, sql } from '../database/index.ts';
import { getProvider } from './list-providers.ts';
import { lockProvider } from './update-provider.ts';

export interface RemoveProviderKey {
  actorId: string;
  providerId: string;
  keyId: string;
}

/**
 * Removes a key for good.
 * @throws AppError `not_found`, or `conflict` for the last one: a provider always has a key
 */
export function removeProviderKey(em: EntityManager, { actorId, providerId, keyId }: RemoveProviderKey): Promise<void> {
  return inTransaction(em, async (tx) => {
    await lockProvider(tx, providerId);
    const { keys } = await getProvider(tx, providerId);
    const key = keys.find(({ id }) => id === keyId);
    if (!key) throw notFound('key of this provider');
    if (keys.length === 1) throw new AppError('conflict', 'This is the only key of the provider: add another first, or disable it.');
    await execute(tx, sql`delete from provider_keys where id = ${keyId}`);
    await recordAction(tx, {
      actorId,
      action: 'provider_key.delete',
      objectId: keyId,
      details: { provider_id: providerId, last_four: key.last_four },
    });
  });
}
