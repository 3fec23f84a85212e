import type { RateLimiter } from '@sluice/limits';
import { AppError } from '@sluice/platform';
import type { Request } from 'express';
import { principalOf } from './principal.ts';

/** Holds an API key to its requests a minute. Signed-in people and keys without a limit pass. */
export async function limitCaller(limiter: RateLimiter, req: Request): Promise<void> {
  const { apiKeyId, requestsPerMinute } = principalOf(req);
  if (apiKeyId !== null && requestsPerMinute !== null) await takeOrThrow(limiter, `key:${apiKeyId}`, requestsPerMinute);
}

/** @throws AppError `rate_limited`, with the time to wait */
export async function takeOrThrow(limiter: RateLimiter, key: string, perMinute: number): Promise<void> {
  const taken = await limiter.take(key, { perMinute });
  if (!taken.allowed)
    throw new AppError('rate_limited', `Only ${perMinute} requests a minute are allowed here.`, { retryAfterMs: taken.retryAfterMs });
}
