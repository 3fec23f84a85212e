import type { RateLimiter } from '@sluice/limits';
import { AppError } from '@sluice/platform';
import type { RequestHandler } from 'express';
import { principalOf } from './principal.ts';

/** Holds an API key to its requests a minute. Signed-in people and keys without a limit pass. */
export function limitCaller(limiter: RateLimiter): RequestHandler {
  return async (req, _res, next) => {
    const { apiKeyId, requestsPerMinute } = principalOf(req);
    if (apiKeyId !== null && requestsPerMinute !== null) await takeOrThrow(limiter, `key:${apiKeyId}`, requestsPerMinute);
    next();
  };
}

/** @throws AppError `rate_limited`, with the time to wait */
export async function takeOrThrow(limiter: RateLimiter, key: string, perMinute: number): Promise<void> {
  const taken = await limiter.take(key, { perMinute });
  if (!taken.allowed)
    throw new AppError('rate_limited', `Only ${perMinute} requests a minute are allowed here.`, { retryAfterMs: taken.retryAfterMs });
}
