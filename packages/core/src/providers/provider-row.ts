import type { ProviderKeyObject, ProviderLimits } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { RawBuilder } from 'kysely';
import { execute, sql } from '../database/index.ts';

export type ProviderKeyRow = Omit<ProviderKeyObject, 'object'>;

/** A provider with its keys, as it may be shown: no statement of this file reads a ciphertext. */
export interface ProviderRow {
  id: string;
  name: string;
  vendor: string | null;
  baseUrl: string;
  limits: ProviderLimits;
  enabled: boolean;
  createdAt: string;
  keys: ProviderKeyRow[];
}

/** Reads providers in one statement; `rest` is what follows `from providers p`, such as `where p.id = ...`. */
export function selectProviders(em: EntityManager, rest: RawBuilder<unknown>): Promise<ProviderRow[]> {
  return execute<ProviderRow>(
    em,
    sql`select p.id, p.name, p.vendor, p.base_url as "baseUrl", p.limits, p.enabled,
               to_char(p.created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "createdAt",
               (select coalesce(json_agg(json_build_object(
                         'id', k.id, 'last_four', k.last_four, 'weight', k.weight, 'limits', k.limits, 'enabled', k.enabled,
                         'disabled_reason', k.disabled_reason,
                         'created_at', to_char(k.created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
                       ) order by k.id), '[]')
                from provider_keys k where k.provider_id = p.id) as keys
        from providers p ${rest}`,
  );
}
