import { once } from 'node:events';
import { connect } from 'node:net';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { testRedisUrl, uniquePrefix } from './redis.ts';
import { startRedis } from './start-redis.ts';

async function readPolicy(url: string): Promise<unknown> {
  const redis = new Redis(url);
  try {
    return await redis.config('GET', 'maxmemory-policy');
  } finally {
    redis.disconnect();
  }
}

describe('Redis of the tests', () => {
  it('is a real one that evicts nothing', async () => {
    expect(await readPolicy(testRedisUrl())).toEqual(['maxmemory-policy', 'noeviction']);
  });

  it('can be had for one test alone, to flush and to stop', async () => {
    const own = await startRedis();
    expect(own.url).not.toBe(testRedisUrl());
    expect(await readPolicy(own.url)).toEqual(['maxmemory-policy', 'noeviction']);
    await own.close();
    await expect(once(connect(Number(new URL(own.url).port)), 'connect')).rejects.toThrow(/ECONNREFUSED/);
  });

  it('is shared under prefixes that no two tests have', () => {
    expect(uniquePrefix()).not.toBe(uniquePrefix());
  });
});
