import type { ProviderState } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import { stateOf } from './present-provider.ts';

/** What the rows say of a lane: how many jobs it has, and since when the oldest one waits. */
export interface LaneBacklog {
  providerId: string;
  provider: string;
  state: ProviderState;
  queued: number;
  running: number;
  /** Null when no job waits. */
  oldestQueuedMs: number | null;
}

/** Every provider's lane, ordered by name. */
export async function listLaneBacklogs(em: EntityManager): Promise<LaneBacklog[]> {
  const rows = await execute<Omit<LaneBacklog, 'state'> & { isEnabled: boolean; hasKey: boolean }>(
    em,
    sql`select p.id as "providerId", p.name as provider, p.enabled as "isEnabled",
               exists (select from provider_keys k where k.provider_id = p.id and k.enabled) as "hasKey",
               coalesce(j.queued, 0)::int as queued, coalesce(j.running, 0)::int as running,
               case when j.oldest is not null then greatest(extract(epoch from now() - j.oldest) * 1000, 0) end::float8 as "oldestQueuedMs"
        from providers p left join (
          select provider_id, count(*) filter (where status = 'queued') as queued, count(*) filter (where status = 'running') as running,
                 min(created_at) filter (where status = 'queued') as oldest
          from jobs where status in ('queued', 'running') and cached_from is null group by provider_id
        ) j on j.provider_id = p.id
        order by p.name`,
  );
  return rows.map(({ isEnabled, hasKey, oldestQueuedMs, ...lane }) => ({
    ...lane,
    state: stateOf({ isEnabled, hasKey }),
    oldestQueuedMs: oldestQueuedMs === null ? null : Math.round(oldestQueuedMs),
  }));
}
