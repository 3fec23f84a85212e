import { setTimeout as wait } from 'node:timers/promises';
import { createLogger } from '@sluice/platform';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../../test/support/database.ts';
import { testRedisUrl, uniquePrefix } from '../../../test/support/redis.ts';
import { createLaneWorld, type LaneWorld } from './lane-world.fixture.ts';
import { prepareQueue } from './prepare-queue.ts';
import { leaseQueues, type QueueConnection } from './queue-connection.ts';

const stores: Record<string, () => Promise<{ connection: QueueConnection; drop: () => Promise<void> }>> = {
  async redis() {
    return { connection: { kind: 'redis', url: testRedisUrl(), prefix: uniquePrefix() }, drop: async () => {} };
  },
  async postgres() {
    const database = await createTestDatabase();
    return { connection: { kind: 'postgres', url: database.url, poolSize: 4 }, drop: database.close };
  },
};

describe.each(Object.keys(stores))('lanes on %s', (name) => {
  let connection: QueueConnection;
  let drop: () => Promise<void>;
  let world: LaneWorld;

  beforeAll(async () => {
    ({ connection, drop } = await (stores[name] as (typeof stores)[string])());
    await prepareQueue(connection);
    world = createLaneWorld(connection, createLogger('silent', 'test'));
  });
  afterAll(async () => {
    await world.close();
    await drop();
  });

  it('delivers every message once, to one of several consumers', async () => {
    const lane = world.lane();
    const taken: string[] = [];
    for (let i = 0; i < 3; i += 1) lane.consume(async ({ jobId }) => (taken.push(jobId), { type: 'done' }));
    const jobIds = Array.from({ length: 500 }, (_, i) => `job_${i}`);
    await lane.send(jobIds.map((jobId) => ({ jobId })));
    await world.until(() => taken.length >= jobIds.length);
    await world.until(async () => (await lane.counts()).active === 0);
    expect(taken.sort()).toEqual(jobIds.sort());
    expect(await lane.counts()).toEqual({ waiting: 0, active: 0, delayed: 0 });
  });

  it('takes messages by priority, and equal ones in the order they were sent', async () => {
    const lane = world.lane();
    const taken: string[] = [];
    await lane.send([
      { jobId: 'c', priority: 100_001 },
      { jobId: 'b1', priority: 7 },
    ]);
    await lane.send([
      { jobId: 'b2', priority: 7 },
      { jobId: 'a', priority: 1 },
      { jobId: 'd', priority: 9_999_999 },
    ]);
    lane.consume(async ({ jobId }) => (taken.push(jobId), { type: 'done' }), { concurrency: 1 });
    await world.until(() => taken.length === 5);
    expect(taken).toEqual(['a', 'b1', 'b2', 'c', 'd']);
  });

  it('keeps a delayed message out of sight until its time, which then has its priority', async () => {
    const lane = world.lane();
    const taken: { jobId: string; at: number }[] = [];
    lane.consume(async ({ jobId }) => (taken.push({ jobId, at: Date.now() }), { type: 'done' }));
    const sentAt = Date.now();
    await lane.send([{ jobId: 'late', delayMs: 600 }]);
    expect((await lane.counts()).delayed).toBe(1);
    await lane.send([{ jobId: 'now' }]);
    await world.until(() => taken.length === 2);
    expect(taken.map(({ jobId }) => jobId)).toEqual(['now', 'late']);
    expect(taken[1]?.at).toBeGreaterThanOrEqual(sentAt + 600);
  });

  it('ignores a message that is sent again while it waits or runs, and takes it again afterwards', async () => {
    const lane = world.lane();
    const taken: number[] = [];
    const running = Promise.withResolvers<void>();
    await lane.send([{ jobId: 'twice' }, { jobId: 'twice' }]);
    await lane.send([{ jobId: 'twice' }]);
    expect((await lane.counts()).waiting).toBe(1);
    lane.consume(async ({ attempt }) => (taken.push(attempt), await running.promise, { type: 'done' }));
    await world.until(() => taken.length === 1);
    await lane.send([{ jobId: 'twice' }, { jobId: 'twice', attempt: 2 }]);
    running.resolve();
    await world.until(async () => (await lane.counts()).active === 0);
    expect(taken).toEqual([1, 2]);
    await lane.send([{ jobId: 'twice' }]);
    await world.until(() => taken.length === 3);
  });

  it('lets a whole lane wait, takes nothing meanwhile, and then goes on by priority without losing or repeating any', async () => {
    const lane = world.lane();
    const concurrency = 5;
    const done: string[] = [];
    let openAt = Infinity;
    let early = 0;
    let refused = 0;
    const long = Promise.withResolvers<void>();
    await lane.send([{ jobId: 'long', priority: 1 }, ...Array.from({ length: 30 }, (_, i) => ({ jobId: `m${i + 10}`, priority: 2 + i }))]);
    lane.consume(
      async ({ jobId }) => {
        if (jobId === 'long') await long.promise;
        else if (openAt === Infinity || Date.now() < openAt) {
          if (Date.now() > openAt - 300) early += 1;
          if (openAt === Infinity) openAt = Date.now() + 1_000;
          refused += 1;
          return { type: 'wait-lane', waitMs: openAt - Date.now() };
        }
        done.push(jobId);
        return { type: 'done' };
      },
      { concurrency },
    );
    await world.until(() => done.length === 30);
    long.resolve();
    await world.until(async () => (await lane.counts()).active === 0);
    expect(new Set(done).size).toBe(31);
    expect(done).toHaveLength(31);
    // In order, but for those that others overtook on their way from the store: never more at once than there are places.
    const numbers = done.slice(0, 30).map((jobId) => Number(jobId.slice(1)));
    numbers.forEach((number, i) => expect(numbers.slice(i + 1).filter((later) => later < number).length).toBeLessThan(concurrency));
    expect(early).toBe(0);
    expect(refused).toBeLessThan(15);
  });

  it('lets one message wait without holding up the others', async () => {
    const lane = world.lane();
    const taken: { jobId: string; at: number }[] = [];
    const firstAt = Date.now();
    let refused = 0;
    lane.consume(
      async ({ jobId }) => {
        if (jobId === 'waits' && (refused += 1) === 1) return { type: 'wait-message', waitMs: 500 };
        taken.push({ jobId, at: Date.now() });
        return { type: 'done' };
      },
      { concurrency: 1 },
    );
    await lane.send([
      { jobId: 'waits', priority: 1 },
      { jobId: 'x', priority: 2 },
      { jobId: 'y', priority: 3 },
    ]);
    await world.until(() => taken.length === 3);
    expect(taken[2]?.jobId).toBe('waits');
    expect(taken[2]?.at).toBeGreaterThanOrEqual(firstAt + 500);
  });

  it('drops a message whose handler throws, never retries it, and goes on', async () => {
    const lane = world.lane();
    const taken: string[] = [];
    lane.consume(async ({ jobId }) => {
      taken.push(jobId);
      if (jobId === 'bad') throw new Error('a fault of ours');
      return { type: 'done' };
    });
    await lane.send([{ jobId: 'bad' }, { jobId: 'good' }]);
    await world.until(() => taken.length === 2);
    await world.until(async () => (await lane.counts()).active === 0);
    expect(await lane.counts()).toEqual({ waiting: 0, active: 0, delayed: 0 });
    await lane.send([{ jobId: 'bad' }]);
    await world.until(() => taken.length === 3);
  });

  it('drops what is no message of ours', async () => {
    const lane = world.lane();
    const { queues, release } = leaseQueues(connection);
    const queue = queues.openQueue(lane.providerId);
    await queue.add('attempt', { jobId: 7 }, { jobId: 'strange', attempts: 1, removeOnComplete: true, removeOnFail: true });
    await queue.close();
    await release();
    const taken: string[] = [];
    lane.consume(async ({ jobId }) => (taken.push(jobId), { type: 'done' }));
    await lane.send([{ jobId: 'fine' }]);
    await world.until(async () => (await lane.counts()).waiting + (await lane.counts()).active === 0);
    expect(taken).toEqual(['fine']);
  });

  it('stops taking at once when it closes, waits for what it handles, and leaves the rest to another consumer', async () => {
    const lane = world.lane();
    const taken: string[] = [];
    const finish = Promise.withResolvers<void>();
    const consumer = lane.consume(async ({ jobId }) => (taken.push(jobId), await finish.promise, { type: 'done' }), { concurrency: 2 });
    await lane.send(['a', 'b', 'c', 'd'].map((jobId) => ({ jobId })));
    await world.until(() => taken.length === 2);
    expect(consumer.inFlight()).toBe(2);
    let isClosed = false;
    const closing = consumer.close(20_000).then(() => (isClosed = true));
    await wait(200);
    expect(isClosed).toBe(false);
    finish.resolve();
    await closing;
    expect(taken).toHaveLength(2);
    expect(await lane.counts()).toEqual({ waiting: 2, active: 0, delayed: 0 });
    lane.consume(async ({ jobId }) => (taken.push(jobId), { type: 'done' }));
    await world.until(() => taken.length === 4);
  });

  it('closes in time although a handler never ends, and acknowledges the message if it ends after all', async () => {
    const lane = world.lane();
    const finish = Promise.withResolvers<void>();
    let taken = 0;
    const consumer = lane.consume(async () => ((taken += 1), await finish.promise, { type: 'done' }));
    await lane.send([{ jobId: 'endless' }]);
    await world.until(() => taken === 1);
    await consumer.close(50);
    expect((await lane.counts()).active).toBe(1);
    finish.resolve();
    await world.until(async () => (await lane.counts()).active === 0);
  });

  it('opens and closes lanes while others work, more of them than the pool has connections', async () => {
    const lanes = Array.from({ length: 12 }, () => world.lane());
    for (let round = 0; round < 2; round += 1) {
      let taken = 0;
      const consumers = lanes.flatMap((lane) => [
        lane.consume(async () => ((taken += 1), { type: 'done' })),
        lane.consume(async () => ((taken += 1), { type: 'done' }), { kind: 'batch' }),
      ]);
      await Promise.all(lanes.map((lane) => lane.send([{ jobId: `r${round}` }, { jobId: `s${round}`, kind: 'batch' }])));
      await world.until(() => taken === 24);
      await Promise.all(consumers.map((consumer) => consumer.close(5_000)));
    }
  });
});
