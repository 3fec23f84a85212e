import type { UpdateProviderKeyRequest } from '@sluice/contract';
import { notFound } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { recordAction } from '../audit-log/index.ts';
import { execute, inTransaction, sql } from '../database/index.ts';
import { getProvider } from './list-providers.ts';
import type { ProviderRow } from './provider-row.ts';
import { lockProvider } from './update-provider.ts';

export interface UpdateProviderKey {
  actorId: string;
  providerId: string;
  keyId: string;
  changes: UpdateProviderKeyRequest;
}

/** Changes what is given and answers the provider. Enabling a key forgets why it was disabled. @throws AppError `not_found` */
export function updateProviderKey(em: EntityManager, { actorId, providerId, keyId, changes }: UpdateProviderKey): Promise<ProviderRow> {
  return inTransaction(em, async (tx) => {
    await lockProvider(tx, providerId);
    const { weight = null, limits, enabled = null } = changes;
    const updated = await execute(
      tx,
      sql`update provider_keys set
            weight = coalesce(${weight}::int, weight),
            limits = coalesce(${limits ? JSON.stringify(limits) : null}::json, limits),
            disabled_reason = case when ${enabled}::boolean is null then disabled_reason when ${enabled}::boolean then null else 'Disabled by an administrator.' end,
            enabled = coalesce(${enabled}::boolean, enabled)
          where id = ${keyId} and provider_id = ${providerId} returning id`,
    );
    if (updated.length === 0) throw notFound('key of this provider');
    await recordAction(tx, { actorId, action: 'provider_key.update', objectId: keyId, details: { provider_id: providerId, changes } });
    return getProvider(tx, providerId);
  });
}
