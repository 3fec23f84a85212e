import type { CacheScope, ModelCapability, Price } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { RawBuilder } from 'kysely';
import { execute, sql } from '../database/index.ts';

export interface ModelRouteRow {
  providerId: string;
  /** The provider's name. */
  provider: string;
  /** The name this provider knows the model by. */
  model: string;
  /** The provider is enabled. */
  isEnabled: boolean;
  /** At least one key of the provider is enabled. */
  hasKey: boolean;
}

/** A model with its routes in order and its current price; the price is null only for a row that was not written by this code. */
export interface ModelRow {
  id: string;
  alias: string;
  capabilities: ModelCapability[];
  contextWindow: number | null;
  maxOutputTokens: number | null;
  defaultMaxTokens: number;
  /** How old an answer its jobs take from the result cache unless they say otherwise. */
  cacheTtlS: number | null;
  cacheScope: CacheScope;
  enabled: boolean;
  createdAt: string;
  priceId: string | null;
  price: Price | null;
  routes: ModelRouteRow[];
}

/** Reads models in one statement; `rest` is what follows `from models m`, such as `where m.alias = ...`. */
export function selectModels(em: EntityManager, rest: RawBuilder<unknown>): Promise<ModelRow[]> {
  return execute<ModelRow>(
    em,
    sql`select m.id, m.alias, m.capabilities, m.context_window as "contextWindow", m.max_output_tokens as "maxOutputTokens",
               m.default_max_tokens as "defaultMaxTokens", m.cache_ttl_s as "cacheTtlS", m.cache_scope as "cacheScope", m.enabled, m.price_id as "priceId",
               to_char(m.created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "createdAt",
               (select price from prices where prices.id = m.price_id) as price,
               (select coalesce(json_agg(json_build_object(
                         'providerId', p.id, 'provider', p.name, 'model', r.model, 'isEnabled', p.enabled,
                         'hasKey', exists (select from provider_keys k where k.provider_id = p.id and k.enabled)
                       ) order by r.position), '[]')
                from model_routes r join providers p on p.id = r.provider_id where r.model_id = m.id) as routes
        from models m ${rest}`,
  );
}
