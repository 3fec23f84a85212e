import { isEnd } from '@sluice/contract';
import type { JobView } from '../job-view.ts';

/** What a job found in the cache: an answer, a call under way to wait for, or nothing. */
export type CacheResult = 'hit' | 'twin' | 'miss';

/** True for a job that others may wait for. */
export function leads({ cacheTtlS, cachedFrom }: Pick<JobView, 'cacheTtlS' | 'cachedFrom'>): boolean {
  return Boolean(cacheTtlS) && !cachedFrom;
}

/** What a job that was just accepted has found; null when it does not use the cache. */
export function cacheResultOf({ status, cacheTtlS, cachedFrom }: Pick<JobView, 'status' | 'cacheTtlS' | 'cachedFrom'>): CacheResult | null {
  if (!cacheTtlS) return null;
  if (!cachedFrom) return 'miss';
  return isEnd(status) ? 'hit' : 'twin';
}
