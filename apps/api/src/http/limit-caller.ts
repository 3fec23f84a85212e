import type { RateLimited, RateLimiter } from '@sluice/limits';
import { AppError } from '@sluice/platform';
import type { Request, Response } from 'express';
import { principalOf } from './principal.ts';

/**
 * Holds an API key to its requests a minute, and tells how many are left as OpenAI does. Signed-in people and keys without a
 * limit pass.
 */
export async function limitCaller(limiter: RateLimiter, req: Request, res: Response): Promise<void> {
  const { apiKeyId, requestsPerMinute: perMinute } = principalOf(req);
  if (apiKeyId === null || perMinute === null) return;
  const taken = await limiter.take(`key:${apiKeyId}`, { perMinute });
  res.setHeader('x-ratelimit-limit-requests', perMinute);
  res.setHeader('x-ratelimit-remaining-requests', taken.remaining);
  res.setHeader('x-ratelimit-reset-requests', `${Math.ceil(taken.resetMs / 1000)}s`);
  allowOrThrow(taken, perMinute);
}

/** @throws AppError `rate_limited`, with the time to wait */
export async function takeOrThrow(limiter: RateLimiter, key: string, perMinute: number): Promise<void> {
  allowOrThrow(await limiter.take(key, { perMinute }), perMinute);
}

function allowOrThrow({ allowed, resetMs }: RateLimited, perMinute: number): void {
  if (!allowed) throw new AppError('rate_limited', `Only ${perMinute} requests a minute are allowed here.`, { retryAfterMs: resetMs });
}
