import type { AddProviderKeyRequest } from '@sluice/contract';
import { AppError } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { recordAction } from '../audit-log/index.ts';
import { execute, inTransaction, sql } from '../database/index.ts';
import { onceByKey } from '../idempotency/index.ts';
import { insertProviderKey } from './insert-provider-key.ts';
import { getProviderKey } from './list-providers.ts';
import type { ProviderKeyRow } from './provider-row.ts';
import { lockProvider } from './update-provider.ts';
import { isSealed, type Vault } from './vault.ts';

export interface AddProviderKey {
  vault: Vault;
  actorId: string;
  idempotencyKey: string | null;
  providerId: string;
  request: AddProviderKeyRequest;
}

/**
 * Gives a provider one more key. The same secret twice is refused: admission counts by row, so it would
 * be called at twice its limits.
 * @throws AppError `not_found`, or `conflict` when the provider has this key
 */
export function addProviderKey(
  em: EntityManager,
  { vault, actorId, idempotencyKey, providerId, request }: AddProviderKey,
): Promise<ProviderKeyRow> {
  return inTransaction(em, async (tx) => {
    await lockProvider(tx, providerId);
    const { objectId: keyId } = await onceByKey(
      tx,
      { userId: actorId, route: `providers/${providerId}/keys`, key: idempotencyKey, body: request },
      async () => {
        const { api_key: secret, weight, limits } = request;
        if ((await findKeyBySecret(tx, vault, providerId, secret)) !== null)
          throw new AppError('conflict', 'The provider has this key already.', { param: 'api_key' });
        const id = await insertProviderKey(tx, vault, { providerId, secret, weight, limits, origin: 'admin' });
        await recordAction(tx, {
          actorId,
          action: 'provider_key.create',
          objectId: id,
          details: { provider_id: providerId, weight, limits },
        });
        return id;
      },
    );
    return getProviderKey(tx, { providerId, keyId });
  });
}

/** The key of a provider that holds this secret, as its id. */
export async function findKeyBySecret(tx: EntityManager, vault: Vault, providerId: string, secret: string): Promise<string | null> {
  const keys = await execute<{ id: string; ciphertext: Buffer }>(
    tx,
    sql`select id, ciphertext from provider_keys where provider_id = ${providerId} order by id`,
  );
  return keys.find(({ id, ciphertext }) => isSealed(vault, { sealed: ciphertext, rowId: id, secret }))?.id ?? null;
}
