import type { UpdateProviderKeyRequest } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { recordAction } from '../audit-log/index.ts';
import { execute, inTransaction, sql } from '../database/index.ts';
import { getProviderKey } from './list-providers.ts';
import type { ProviderKeyRow } from './provider-row.ts';
import { lockProvider } from './update-provider.ts';

/** `disabled_reason` of a key that a person took out of use, as against its provider. */
export const disabledByAdministrator = 'Disabled by an administrator.';

export interface UpdateProviderKey {
  actorId: string;
  providerId: string;
  keyId: string;
  changes: UpdateProviderKeyRequest;
}

/** Changes what is given and leaves the rest. Enabling a key forgets why it was disabled. @throws AppError `not_found` */
export function updateProviderKey(em: EntityManager, { actorId, providerId, keyId, changes }: UpdateProviderKey): Promise<ProviderKeyRow> {
  return inTransaction(em, async (tx) => {
    await lockProvider(tx, providerId);
    const { weight = null, limits, enabled = null } = changes;
    await execute(
      tx,
      sql`update provider_keys set
            weight = coalesce(${weight}::int, weight),
            limits = coalesce(${limits ? JSON.stringify(limits) : null}::json, limits),
            disabled_reason = case when ${enabled}::boolean is null then disabled_reason when ${enabled}::boolean then null else ${disabledByAdministrator} end,
            enabled = coalesce(${enabled}::boolean, enabled)
          where id = ${keyId} and provider_id = ${providerId}`,
    );
    const key = await getProviderKey(tx, { providerId, keyId });
    await recordAction(tx, { actorId, action: 'provider_key.update', objectId: keyId, details: { provider_id: providerId, changes } });
    return key;
  });
}
