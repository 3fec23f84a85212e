import type { ProviderLimits } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import { mergeLimits } from './merge-limits.ts';

/** A provider's key as it is used: what the rows say. */
export interface LaneKeyRow {
  providerId: string;
  id: string;
  lastFour: string;
  isEnabled: boolean;
  disabledReason: string | null;
  /** The provider's limits, and the key's own where it has them. */
  limits: ProviderLimits;
  /** Attempts that run with it. */
  running: number;
}

/** Every key of every provider, ordered by provider and key. */
export async function listLaneKeys(em: EntityManager): Promise<LaneKeyRow[]> {
  const rows = await execute<LaneKeyRow & { ofProvider: ProviderLimits }>(
    em,
    sql`select p.id as "providerId", k.id, k.last_four as "lastFour", k.enabled as "isEnabled", k.disabled_reason as "disabledReason",
               p.limits as "ofProvider", k.limits, coalesce(r.running, 0)::int as running
        from providers p join provider_keys k on k.provider_id = p.id left join (
          select a.provider_key_id, count(*) as running from jobs j join attempts a on a.job_id = j.id and a.attempt = j.attempt
          where j.status = 'running' group by a.provider_key_id
        ) r on r.provider_key_id = k.id
        order by p.id, k.id`,
  );
  return rows.map(({ ofProvider, limits, ...key }) => ({ ...key, limits: mergeLimits(ofProvider, limits) }));
}
