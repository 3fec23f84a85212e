import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import type { RateLimited } from './rate-limiter.ts';

/** Only counts: a limit is the caller's own and is compared here, so that one counter serves all of them. */
export const countedMinute = { points: Number.MAX_SAFE_INTEGER, duration: 60 };

export async function takeFrom(counter: RateLimiterAbstract, key: string, perMinute: number): Promise<RateLimited> {
  const { consumedPoints, msBeforeNext } = await counter.consume(key);
  return {
    allowed: consumedPoints <= perMinute,
    remaining: Math.max(0, perMinute - consumedPoints),
    resetMs: Math.max(1, msBeforeNext),
  };
}
