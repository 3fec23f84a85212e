import type { ListQuery } from '@sluice/contract';
import { notFound } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from '../database/index.ts';
import { pageAfter } from './page-after.ts';
import { selectProviders, type ProviderKeyRow, type ProviderRow } from './provider-row.ts';

/**
 * One page of providers and one row more, if there is one. Keys never show their secret.
 * @throws AppError `invalid_request` for an unknown cursor
 */
export async function listProviders(em: EntityManager, query: ListQuery): Promise<ProviderRow[]> {
  return selectProviders(em, sql`where true ${await pageAfter(em, sql`from providers where true`, query)}`);
}

/** @throws AppError `not_found` */
export async function getProvider(em: EntityManager, id: string): Promise<ProviderRow> {
  const [provider] = await selectProviders(em, sql`where p.id = ${id}`);
  if (!provider) throw notFound('provider');
  return provider;
}

/** @throws AppError `not_found`, also for a key of another provider */
export async function getProviderKey(
  em: EntityManager,
  { providerId, keyId }: { providerId: string; keyId: string },
): Promise<ProviderKeyRow> {
  const { keys } = await getProvider(em, providerId);
  const key = keys.find(({ id }) => id === keyId);
  if (!key) throw notFound('key of this provider');
  return key;
}
