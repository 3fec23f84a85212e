import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible';
import type { RateLimiter } from './rate-limiter.ts';
import { countedMinute, takeFrom } from './take-from.ts';

/**
 * The limiter for all processes on one Redis. While Redis is away each process counts for itself and gives each caller the
 * whole limit.
 */
export function createRedisRateLimiter({ redis, prefix }: { redis: Redis; prefix: string }): RateLimiter {
  const counter = new RateLimiterRedis({
    ...countedMinute,
    storeClient: redis,
    keyPrefix: `${prefix}:rate`,
    rejectIfRedisNotReady: true,
    insuranceLimiter: new RateLimiterMemory(countedMinute),
  });
  return { take: (key, { perMinute }) => takeFrom(counter, key, perMinute) };
}
