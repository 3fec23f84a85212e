import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';

/** Which of these providers an administrator has disabled. */
export async function findDisabledProviders(em: EntityManager, providerIds: string[]): Promise<string[]> {
  if (providerIds.length === 0) return [];
  const rows = await execute<{ id: string }>(em, sql`select id from providers where id = any(${providerIds}) and not enabled`);
  return rows.map(({ id }) => id);
}
