import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { testRedisUrl, uniquePrefix } from '../../../test/support/redis.ts';
import { appendJobEnd } from './append-job-end.ts';
import { newJobId } from './event-log.contract.ts';
import { createEventWriter } from './event-writer.ts';
import { endOf, startOf, TextReader, textOf, usageOf } from './events.fixture.ts';
import { stepsOf } from './follow-steps.fixture.ts';
import { openRedis } from './open-redis.ts';
import { createRedisEventLog } from './redis-event-log.ts';
import { createRedisSubscriber, type ChannelMessage, type RedisSubscriber } from './redis-subscriber.ts';

describe('the subscriber', () => {
  let prefix: string;
  let redis: Redis;
  let other: Redis;
  let subscriber: RedisSubscriber;
  beforeEach(async () => {
    prefix = uniquePrefix();
    redis = await openRedis({ url: `${testRedisUrl()}?connectionName=${prefix}`, onError: () => undefined });
    other = new Redis(testRedisUrl());
    subscriber = createRedisSubscriber({ redis });
  });
  afterEach(async () => {
    await subscriber.close();
    redis.disconnect();
    other.disconnect();
  });

  /** Cuts the connections of this test's clients, as a network would. */
  async function cut(type: 'pubsub' | 'normal'): Promise<void> {
    const list = String(await other.call('CLIENT', 'LIST', 'TYPE', type));
    for (const line of list.split('\n').filter((client) => client.includes(`name=${prefix}`))) {
      await other.call('CLIENT', 'KILL', 'ID', /^id=(\d+)/.exec(line)?.[1] ?? '');
    }
  }

  test('subscribes for the first listener of a channel and unsubscribes with the last', async () => {
    const subscriptions = async () => (await other.pubsub('NUMSUB', prefix))[1];
    const heard: ChannelMessage[] = [];
    const stops = await Promise.all([1, 2, 3].map(() => subscriber.listen(prefix, (message) => heard.push(message))));
    expect(await subscriptions()).toBe(1);
    await other.publish(prefix, 'hello');
    await expect.poll(() => heard).toEqual([1, 2, 3].map(() => ({ payload: 'hello' })));
    stops[0]?.();
    stops[0]?.();
    stops[1]?.();
    expect(await subscriptions()).toBe(1);
    stops[2]?.();
    await expect.poll(subscriptions).toBe(0);
    const stop = await subscriber.listen(prefix, () => undefined);
    stops[2]?.();
    expect(await subscriptions()).toBe(1);
    stop();
  });

  test('who leaves and comes at the same time stays subscribed', async () => {
    const heard: ChannelMessage[] = [];
    const stop = await subscriber.listen(prefix, () => expect.unreachable());
    stop();
    await subscriber.listen(prefix, (message) => heard.push(message));
    await other.publish(prefix, 'hello');
    await expect.poll(() => heard).toEqual([{ payload: 'hello' }]);
  });

  test('tells its listeners to look after the connection was away, and hears again by then', async () => {
    const heard: ChannelMessage[] = [];
    await subscriber.listen(prefix, (message) => heard.push(message));
    await cut('pubsub');
    await expect.poll(() => heard, { timeout: 10_000 }).toEqual(['look']);
    await other.publish(prefix, 'again');
    await expect.poll(() => heard).toEqual(['look', { payload: 'again' }]);
  });

  test('cut connections on both sides cost a stream neither a gap nor a double', async () => {
    const log = createRedisEventLog({ redis, subscriber, prefix });
    const jobId = newJobId();
    const reader = new TextReader();
    const reading = (async () => {
      const signal = new AbortController().signal;
      for await (const step of stepsOf(log, { jobId, after: null, signal, heartbeatMs: 500, onHeartbeat: async () => undefined })) {
        if (!('type' in step)) reader.take(step);
      }
    })();

    const writer = createEventWriter(log, { jobId, attempt: 1, retentionS: 60 });
    writer.write(startOf(1));
    let text = '';
    for (let i = 0; i < 300; i += 1) {
      text += `${i},`;
      writer.write(textOf(1, `${i},`));
      if (i % 60 === 20) await cut('pubsub');
      if (i % 60 === 50) await cut('normal');
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    writer.write(usageOf(1));
    expect(await writer.flush(20_000)).toBe(true);
    await expect.poll(() => redis.status).toBe('ready');
    await appendJobEnd(log, { jobId, attempt: 1, event: endOf(1), retentionS: 60 });
    await reading;
    expect(reader.text).toBe(text);
  });
});
