import { z } from 'zod';

/** Rows are kept for 30 days, and no answer is taken that is older. */
export const cacheTtlSMax = 2_592_000;

export const CacheTtlS = z.int().min(1).max(cacheTtlSMax);

/** Whose answers a model's jobs may take: their own user's, or anybody's. */
export const CacheScope = z.enum(['user', 'everyone']);
export type CacheScope = z.infer<typeof CacheScope>;

/** What a job says of the result cache. */
export const CacheRequest = z.union([z.boolean(), z.strictObject({ ttl_s: CacheTtlS })]).meta({
  description:
    'Takes the answer of an identical job, and gives its own to later ones. `true`: as old as the model or the service allows; `ttl_s`: at most so old; `false`: never, whatever the model says',
});
export type CacheRequest = z.infer<typeof CacheRequest>;
