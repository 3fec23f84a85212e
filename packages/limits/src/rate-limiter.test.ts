import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testRedisUrl, uniquePrefix } from '../../../test/support/redis.ts';
import { createMemoryRateLimiter } from './memory-rate-limiter.ts';
import type { RateLimiter } from './rate-limiter.ts';
import { createRedisRateLimiter } from './redis-rate-limiter.ts';

let redis: Redis;
let away: Redis;
beforeAll(async () => {
  redis = new Redis(testRedisUrl(), { enableAutoPipelining: true });
  away = new Redis(testRedisUrl(), { lazyConnect: true, enableOfflineQueue: false });
  await redis.ping();
});
afterAll(() => redis.disconnect());

const limiters: [string, () => RateLimiter][] = [
  ['in memory', () => createMemoryRateLimiter()],
  ['in Redis', () => createRedisRateLimiter({ redis, prefix: uniquePrefix() })],
  ['without its Redis', () => createRedisRateLimiter({ redis: away, prefix: uniquePrefix() })],
];

describe.each(limiters)('the rate limiter %s', (_, open) => {
  test('lets through what the limit says and tells the rest when to come back', async () => {
    const limiter = open();
    const answers = await Promise.all(Array.from({ length: 30 }, () => limiter.take('caller', { perMinute: 20 })));
    expect(answers.filter(({ allowed }) => allowed)).toHaveLength(20);
    for (const answer of answers) {
      expect(answer.resetMs).toBeGreaterThan(50_000);
      expect(answer.resetMs).toBeLessThanOrEqual(60_000);
    }
    expect(answers.map(({ remaining }) => remaining).toSorted((a, b) => a - b)).toEqual([
      ...Array.from({ length: 10 }, () => 0),
      ...Array.from({ length: 20 }, (_, i) => i),
    ]);
  });

  test('counts each caller alone, and by the limit it has now', async () => {
    const limiter = open();
    expect(await limiter.take('a', { perMinute: 1 })).toMatchObject({ allowed: true });
    expect(await limiter.take('a', { perMinute: 1 })).toMatchObject({ allowed: false });
    expect(await limiter.take('b', { perMinute: 1 })).toMatchObject({ allowed: true });
    expect(await limiter.take('a', { perMinute: 10 })).toMatchObject({ allowed: true, remaining: 7 });
  });
});

test('two replicas on one Redis count together', async () => {
  const prefix = uniquePrefix();
  const replicas = [createRedisRateLimiter({ redis, prefix }), createRedisRateLimiter({ redis, prefix })];
  const answers = await Promise.all(
    replicas.flatMap((replica) => Array.from({ length: 15 }, () => replica.take('caller', { perMinute: 20 }))),
  );
  expect(answers.filter(({ allowed }) => allowed)).toHaveLength(20);
});
