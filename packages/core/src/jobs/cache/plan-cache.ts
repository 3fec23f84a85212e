import type { CacheRequest, CacheScope } from '@sluice/contract';
import type { Settings } from '@sluice/platform';
import type { ModelForSubmit } from '../../providers/index.ts';

/** How a job uses the result cache. */
export interface CacheTerms {
  /** How old an answer it takes, and for how long its own is taken. */
  ttlS: number;
  /** Whose answers it takes. */
  scope: CacheScope;
  /** What the price is multiplied with when it takes one: a decimal string with at most 4 places. */
  priceFactor: string;
}

/** What an administrator has set for all models. */
export type CacheSettings = Pick<Settings, 'RESULT_CACHE_TTL_S' | 'RESULT_CACHE_PRICE_FACTOR'>;

/** Decides whether a job uses the cache: its own word counts, then its model's; null when neither asks for it. */
export function planCache(
  asked: CacheRequest | undefined,
  { cacheTtlS, cacheScope }: Pick<ModelForSubmit, 'cacheTtlS' | 'cacheScope'>,
  { RESULT_CACHE_TTL_S: usualTtlS, RESULT_CACHE_PRICE_FACTOR: priceFactor }: CacheSettings,
): CacheTerms | null {
  const ttlS = ttlOf(asked, cacheTtlS, usualTtlS);
  return ttlS === null ? null : { ttlS, scope: cacheScope, priceFactor };
}

function ttlOf(asked: CacheRequest | undefined, modelTtlS: number | null, usualTtlS: number): number | null {
  if (asked === undefined) return modelTtlS;
  if (asked === false) return null;
  return asked === true ? (modelTtlS ?? usualTtlS) : asked.ttl_s;
}
