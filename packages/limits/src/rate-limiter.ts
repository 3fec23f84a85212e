/**
 * How often callers may ask. A minute begins with a caller's first request and lasts 60 s, so across the end of one a caller
 * may make up to twice `perMinute` requests in 60 s; refused requests do not prolong it.
 */
export interface RateLimiter {
  /** Counts a request of `key`. Never throws for a store that is away. */
  take(key: string, limit: { perMinute: number }): Promise<RateLimited>;
}

export type RateLimited = { allowed: true } | { allowed: false; retryAfterMs: number };
