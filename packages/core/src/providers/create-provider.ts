import { newId, type CreateProviderRequest } from '@sluice/contract';
import { AppError } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { recordAction } from '../audit-log/index.ts';
import { execute, inTransaction, sql } from '../database/index.ts';
import { onceByKey } from '../idempotency/index.ts';
import { insertProviderKey } from './insert-provider-key.ts';
import { getProvider } from './list-providers.ts';
import type { ProviderRow } from './provider-row.ts';
import type { Vault } from './vault.ts';

export interface CreateProvider {
  vault: Vault;
  actorId: string;
  idempotencyKey: string | null;
  request: CreateProviderRequest;
}

/**
 * Adds a provider with its first key, enabled at once. The base URL may be a private address: that an administrator creates it is
 * the permission, and the audit log keeps it.
 * @throws AppError `conflict` when the name is taken
 */
export function createProvider(em: EntityManager, { vault, actorId, idempotencyKey, request }: CreateProvider): Promise<ProviderRow> {
  return inTransaction(em, async (tx) => {
    const { objectId } = await onceByKey(tx, { userId: actorId, route: 'providers', key: idempotencyKey, body: request }, async () => {
      const { name, base_url: baseUrl, limits, api_key: secret } = request;
      const providerId = await insertProvider(tx, { name, vendor: null, baseUrl, limits });
      if (providerId === null) throw new AppError('conflict', `There is a provider called ${name} already.`, { param: 'name' });
      const keyId = await insertProviderKey(tx, vault, { providerId, secret, weight: 1, limits: {}, origin: 'admin' });
      await recordAction(tx, {
        actorId,
        action: 'provider.create',
        objectId: providerId,
        details: { name, base_url: baseUrl, limits, key_id: keyId },
      });
      return providerId;
    });
    return getProvider(tx, objectId);
  });
}

type NewProvider = Pick<ProviderRow, 'name' | 'vendor' | 'baseUrl' | 'limits'>;

/** Writes a provider and answers its id; null when the name, or the vendor, has one already. */
export async function insertProvider(tx: EntityManager, { name, vendor, baseUrl, limits }: NewProvider): Promise<string | null> {
  const [row] = await execute<{ id: string }>(
    tx,
    sql`insert into providers (id, name, vendor, base_url, limits)
        values (${newId('provider')}, ${name}, ${vendor}, ${baseUrl}, ${JSON.stringify(limits)}::json)
        on conflict do nothing returning id`,
  );
  return row?.id ?? null;
}
