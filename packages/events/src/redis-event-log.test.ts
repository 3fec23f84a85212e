import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testRedisUrl, uniquePrefix } from '../../../test/support/redis.ts';
import { at, describeEventLog, newJobId } from './event-log.contract.ts';
import { describeEventWriter } from './event-writer.contract.ts';
import { startOf, textOf } from './events.fixture.ts';
import { describeFollowJob } from './follow-job.contract.ts';
import { describeFollowRaces } from './follow-races.contract.ts';
import { openRedis } from './open-redis.ts';
import { createRedisEventLog } from './redis-event-log.ts';
import { createRedisSubscriber } from './redis-subscriber.ts';

const prefix = uniquePrefix();

async function open() {
  const redis = await openRedis({ url: testRedisUrl(), onError: () => undefined });
  const subscriber = createRedisSubscriber({ redis });
  const log = createRedisEventLog({ redis, subscriber, prefix });
  const close = async () => {
    await subscriber.close();
    redis.disconnect();
  };
  return { log, redis, close };
}

describeEventLog('redis', open);
describeEventWriter('redis', open);
describeFollowJob('redis', open);
describeFollowRaces('redis', open);

describe('the redis log', () => {
  let opened: { log: ReturnType<typeof createRedisEventLog>; redis: Redis; close: () => Promise<void> };
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(() => opened.close());

  test('leaves one key a job, which every append keeps for the retention', async () => {
    const { log, redis } = opened;
    const jobId = newJobId();
    await log.append(jobId, at('1-0'), [startOf(1)], 600);
    await redis.expire(`${prefix}:{${jobId}}:events`, 5);
    await log.append(jobId, at('1-1'), [textOf(1, 'a')], 600);
    expect(await redis.ttl(`${prefix}:{${jobId}}:events`)).toBeGreaterThan(590);
    expect(await redis.keys(`${prefix}:*${jobId}*`)).toEqual([`${prefix}:{${jobId}}:events`]);
    await log.expire(jobId, 60);
    expect(await redis.ttl(`${prefix}:{${jobId}}:events`)).toBeLessThanOrEqual(60);
  });
});
