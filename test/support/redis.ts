import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';

/** The Redis that all test files use at the same time: never flush it, and put `uniquePrefix()` in front of every key. */
export function testRedisUrl(): string {
  return inject('redisUrl');
}

/** A prefix that no other test has; fits the setting REDIS_PREFIX. */
export function uniquePrefix(): string {
  return `t${randomBytes(6).toString('hex')}`;
}
