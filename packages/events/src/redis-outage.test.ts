import { sleep } from '@sluice/platform';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startRedis, type RedisServer } from '../../../test/support/start-redis.ts';
import { appendJobEnd } from './append-job-end.ts';
import { at, newJobId } from './event-log.contract.ts';
import type { EventLog } from './event-log.ts';
import { createEventWriter } from './event-writer.ts';
import { endOf, startOf, TextReader, textOf, usageOf } from './events.fixture.ts';
import { stepsOf } from './follow-steps.fixture.ts';
import { openRedis } from './open-redis.ts';
import { createRedisEventLog } from './redis-event-log.ts';
import { createRedisSubscriber, type RedisSubscriber } from './redis-subscriber.ts';

const retentionS = 600;

/** A Redis of its own, since these tests flush and stall it. */
describe('when Redis loses everything or stalls', () => {
  let server: RedisServer;
  let redis: Redis;
  let subscriber: RedisSubscriber;
  let log: EventLog;
  beforeAll(async () => {
    server = await startRedis();
    redis = await openRedis({ url: server.url, onError: () => undefined });
    subscriber = createRedisSubscriber({ redis });
    log = createRedisEventLog({ redis, subscriber, prefix: 'sluice' });
  });
  afterAll(async () => {
    await subscriber.close();
    redis.disconnect();
    await server.close();
  });

  /**
   * Streams 60 deltas with `disturb` after 20 and after 40 of them, read by one who stays and one who comes back after three
   * steps.
   */
  async function stream(disturb: () => Promise<unknown>): Promise<{ text: string; readers: TextReader[] }> {
    const jobId = newJobId();
    const [stays, comesBack] = [new TextReader(), new TextReader()];
    const reading = [readOn(jobId, stays, Infinity), readOn(jobId, comesBack, 3)];
    const writer = createEventWriter(log, { jobId, attempt: 1, retentionS });
    writer.write(startOf(1));
    let text = '';
    for (let i = 0; i < 60; i += 1) {
      text += `${i},`;
      writer.write(textOf(1, `${i},`));
      if (i === 20 || i === 40) await disturb();
      await sleep(5);
    }
    writer.write(usageOf(1));
    expect(await writer.flush(20_000)).toBe(true);
    await appendJobEnd(log, { jobId, attempt: 1, event: endOf(1), retentionS });
    await Promise.all(reading);
    return { text, readers: [stays, comesBack] };
  }

  async function readOn(jobId: string, reader: TextReader, stepsMax: number): Promise<void> {
    while (!reader.isEnded) {
      let steps = 0;
      const signal = new AbortController().signal;
      for await (const step of stepsOf(log, {
        jobId,
        after: reader.cursor,
        signal,
        heartbeatMs: 1000,
        onHeartbeat: async () => undefined,
      })) {
        if ('type' in step && step.type === 'gone') throw new Error('gone while the job runs');
        if (!('type' in step)) reader.take(step);
        if ((steps += 1) >= stepsMax) break;
      }
    }
  }

  test('every reader has exactly the final text after FLUSHALL in mid-stream', async () => {
    const { text, readers } = await stream(() => redis.flushall());
    for (const reader of readers) expect(reader.text).toBe(text);
  });

  test('a Redis that does not answer for longer than a command waits costs neither a gap nor a double', async () => {
    const patient = new Redis(server.url);
    const { text, readers } = await stream(() => patient.client('PAUSE', 2300, 'ALL'));
    patient.disconnect();
    for (const reader of readers) expect(reader.text).toBe(text);
  });

  test('appends go on after the scripts were flushed, each of them once', async () => {
    const jobIds = Array.from({ length: 20 }, newJobId);
    await Promise.all(jobIds.map((jobId) => log.append(jobId, at('1-0'), [startOf(1)], retentionS)));
    await redis.script('FLUSH');
    const outcomes = await Promise.all(jobIds.map((jobId) => log.append(jobId, at('1-1'), [textOf(1, 'a')], retentionS)));
    expect(outcomes).toEqual(jobIds.map(() => 'appended'));
    for (const jobId of jobIds) expect((await log.read(jobId, null, 10)).entries.map(({ id }) => id)).toEqual(['1-0', '1-1']);
  });
});
