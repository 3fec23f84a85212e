import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testRedisUrl, uniquePrefix } from '../../../test/support/redis.ts';
import type { Bell } from './bell.ts';
import { createMemoryBell } from './memory-bell.ts';
import { openRedis } from './open-redis.ts';
import { createRedisBell } from './redis-bell.ts';
import { createRedisSubscriber } from './redis-subscriber.ts';

const bells = {
  memory: async () => ({ bell: createMemoryBell(), close: async () => undefined }),
  redis: async () => {
    const redis = await openRedis({ url: testRedisUrl(), onError: () => undefined });
    const subscriber = createRedisSubscriber({ redis });
    const close = async () => {
      await subscriber.close();
      redis.disconnect();
    };
    return { bell: createRedisBell({ redis, subscriber, prefix: uniquePrefix() }), close };
  },
};

describe.each(Object.entries(bells))('the %s bell', (_, open) => {
  let bell: Bell;
  let close: () => Promise<unknown>;
  beforeAll(async () => {
    ({ bell, close } = await open());
  });
  afterAll(() => close());

  test('is heard by all who listen to the topic, with its payload', async () => {
    const heard: [string, string | undefined][] = [];
    const stops = [
      await bell.listen('cancel', (payload) => heard.push(['a', payload])),
      await bell.listen('cancel', (payload) => heard.push(['b', payload])),
    ];
    const stopOther = await bell.listen('settle', () => expect.unreachable());
    bell.ring('cancel', 'job_1');
    bell.ring('cancel');
    bell.ring('nobody listens');
    const all = [
      ['a', 'job_1'],
      ['b', 'job_1'],
      ['a', undefined],
      ['b', undefined],
    ];
    await expect.poll(() => heard).toEqual(all);
    stopOther();
    for (const stop of stops) stop();
  });

  test('is not heard by who stopped listening', async () => {
    const heard: string[] = [];
    const stop = await bell.listen('providers', () => heard.push('stopped'));
    const stopLast = await bell.listen('providers', () => heard.push('listens'));
    stop();
    bell.ring('providers');
    await expect.poll(() => heard).toEqual(['listens']);
    stopLast();
  });
});
