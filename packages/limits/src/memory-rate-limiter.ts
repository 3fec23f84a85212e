import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { RateLimiter } from './rate-limiter.ts';
import { countedMinute, takeFrom } from './take-from.ts';

/** The limiter for one process. */
export function createMemoryRateLimiter(): RateLimiter {
  const counter = new RateLimiterMemory(countedMinute);
  return { take: (key, { perMinute }) => takeFrom(counter, key, perMinute) };
}
