/**
 * How often callers may ask. A minute begins with a caller's first request and lasts 60 s, so across the end of one a caller
 * may make up to twice `perMinute` requests in 60 s; refused requests do not prolong it.
 */
export interface RateLimiter {
  /** Counts a request of `key`. Never throws for a store that is away. */
  take(key: string, limit: { perMinute: number }): Promise<RateLimited>;
}

export interface RateLimited {
  allowed: boolean;
  /** Requests that are left in this minute. */
  remaining: number;
  /** When the next minute begins, from 1 to 60,000 ms: for one who was refused, the time to wait. */
  resetMs: number;
}
