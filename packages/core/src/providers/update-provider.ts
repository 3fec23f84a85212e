import type { UpdateProviderRequest } from '@sluice/contract';
import { notFound } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { recordAction } from '../audit-log/index.ts';
import { execute, inTransaction, sql } from '../database/index.ts';
import { getProvider } from './list-providers.ts';
import type { ProviderRow } from './provider-row.ts';

export interface UpdateProvider {
  actorId: string;
  providerId: string;
  changes: UpdateProviderRequest;
}

/** Changes what is given and leaves the rest. @throws AppError `not_found` */
export function updateProvider(em: EntityManager, { actorId, providerId, changes }: UpdateProvider): Promise<ProviderRow> {
  return inTransaction(em, async (tx) => {
    await lockProvider(tx, providerId);
    const before = await getProvider(tx, providerId);
    const { base_url: baseUrl = before.baseUrl, limits = before.limits, enabled = before.enabled } = changes;
    await execute(
      tx,
      sql`update providers set base_url = ${baseUrl}, limits = ${JSON.stringify(limits)}::json, enabled = ${enabled} where id = ${providerId}`,
    );
    const details = { before: { base_url: before.baseUrl, limits: before.limits, enabled: before.enabled }, changes };
    await recordAction(tx, { actorId, action: 'provider.update', objectId: providerId, details });
    return getProvider(tx, providerId);
  });
}

/** Makes others that change this provider or its keys wait. @throws AppError `not_found` */
export async function lockProvider(tx: EntityManager, providerId: string): Promise<void> {
  const rows = await execute(tx, sql`select id from providers where id = ${providerId} for update`);
  if (rows.length === 0) throw notFound('provider');
}
