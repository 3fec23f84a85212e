import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createLogger } from '@sluice/platform';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startRedis, type RedisServer } from '../../../test/support/start-redis.ts';
import { createLaneWorld, type LaneWorld } from './lane-world.fixture.ts';
import { prepareQueue, redisFaults } from './prepare-queue.ts';

/** A wire to Redis that a test can hold (nothing passes, nothing closes: half-open) or cut. */
interface Wire {
  url: string;
  target: number;
  hold(): void;
  pass(): void;
  cut(): void;
  close(): void;
}

async function createWire(target: number): Promise<Wire> {
  const pairs = new Set<[Socket, Socket]>();
  let isHeld = false;
  const server: Server = createServer((client) => {
    const redis = connect(wire.target, '127.0.0.1');
    const pair: [Socket, Socket] = [client, redis];
    pairs.add(pair);
    for (const [from, to] of [pair, [redis, client]] as [Socket, Socket][]) {
      from.on('error', () => to.destroy()).on('close', () => (to.destroy(), pairs.delete(pair)));
      from.pipe(to);
      if (isHeld) from.pause();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const each = (act: (socket: Socket) => void) => pairs.forEach((pair) => pair.forEach(act));
  const wire: Wire = {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    target,
    hold: () => ((isHeld = true), each((socket) => socket.pause())),
    pass: () => ((isHeld = false), each((socket) => socket.resume())),
    cut: () => each((socket) => socket.destroy()),
    close: () => (each((socket) => socket.destroy()), server.close()),
  };
  return wire;
}

const portOf = ({ url }: { url: string }) => Number(new URL(url).port);

describe('lanes when Redis fails', () => {
  let redis: RedisServer;
  let wire: Wire;
  let world: LaneWorld;

  beforeAll(async () => (redis = await startRedis()));
  afterAll(() => redis.close());
  beforeEach(async () => {
    wire = await createWire(portOf(redis));
    world = createLaneWorld({ kind: 'redis', url: wire.url, prefix: 'p' }, createLogger('silent', 'test'));
  });
  afterEach(async () => {
    wire.pass();
    await world.close();
    wire.close();
  });

  it('delivers what is sent after a FLUSHALL, also an id that was being handled', async () => {
    const lane = world.lane();
    const taken: string[] = [];
    const finish = Promise.withResolvers<void>();
    lane.consume(async ({ jobId }) => (taken.push(jobId), await finish.promise, { type: 'done' }), { concurrency: 2 });
    await lane.send(['a', 'b', 'c'].map((jobId) => ({ jobId })));
    await world.until(() => taken.length === 2);
    const direct = new Redis(redis.url);
    await direct.flushall();
    direct.disconnect();
    finish.resolve();
    await lane.send(['a', 'b', 'c'].map((jobId) => ({ jobId })));
    await world.until(() => taken.length === 5);
    expect(taken.slice(2).sort()).toEqual(['a', 'b', 'c']);
  });

  it('goes on after Redis was away and came back empty', async () => {
    const lane = world.lane();
    const taken: string[] = [];
    lane.consume(async ({ jobId }) => (taken.push(jobId), { type: 'done' }));
    await lane.send([{ jobId: 'before' }]);
    await world.until(() => taken.length === 1);
    await redis.close();
    await expect(lane.send([{ jobId: 'lost' }])).rejects.toThrow();
    redis = await startRedis();
    wire.target = portOf(redis);
    const sent = () =>
      lane.send([{ jobId: 'after' }]).then(
        () => true,
        () => false,
      );
    await world.until(sent);
    await world.until(() => taken.includes('after'));
  });

  it('refuses to send in bounded time while Redis is half-open, and at once after that', async () => {
    const lane = world.lane();
    await lane.send([{ jobId: 'opens-the-connection' }]);
    wire.hold();
    const startedAt = performance.now();
    await expect(lane.send([{ jobId: 'x' }, { jobId: 'y' }])).rejects.toThrow();
    expect(performance.now() - startedAt).toBeLessThan(8_000);
    const many = Array.from({ length: 3_000 }, (_, i) => ({ jobId: `m${i}` }));
    await expect(lane.send(many)).rejects.toThrow(/away/);
    wire.pass();
    await world.until(() =>
      lane.send(many).then(
        () => true,
        () => false,
      ),
    );
    expect((await lane.counts()).waiting).toBeGreaterThanOrEqual(3_001);
  });

  it('refuses to send in bounded time when Redis was never there', async () => {
    wire.target = 1;
    const lane = world.lane();
    await expect(lane.send([{ jobId: 'x' }])).rejects.toThrow();
    await expect(lane.send([{ jobId: 'x' }])).rejects.toThrow();
  });

  it('closes a consumer without waiting for a Redis that does not answer', async () => {
    const lane = world.lane();
    let taken = 0;
    const consumer = lane.consume(async () => ((taken += 1), { type: 'done' }));
    await lane.send([{ jobId: 'x' }]);
    await world.until(() => taken === 1);
    wire.hold();
    await consumer.close(60_000);
    expect(consumer.inFlight()).toBe(0);
  }, 20_000);
});

describe('a Redis for queues', () => {
  it('must keep what it is given, and be new enough', () => {
    expect(redisFaults('redis_version:7.0.15\r\nmaxmemory_policy:noeviction\r\n')).toEqual([]);
    expect(redisFaults('redis_version:6.2.1\r\nmaxmemory_policy:allkeys-lru\r\n')).toEqual([
      expect.stringContaining('7 or newer'),
      expect.stringContaining('config set maxmemory-policy noeviction'),
    ]);
  });

  it('stops the start when it may evict or cannot be reached, without showing the password', async () => {
    const own = await startRedis();
    const direct = new Redis(own.url);
    await direct.config('SET', 'maxmemory-policy', 'allkeys-lru');
    direct.disconnect();
    await expect(prepareQueue({ kind: 'redis', url: own.url, prefix: 'p' })).rejects.toThrow(/maxmemory-policy is allkeys-lru/);
    await own.close();
    const away = prepareQueue({ kind: 'redis', url: own.url.replace('redis://', 'redis://:hidden@'), prefix: 'p' });
    await expect(away).rejects.toThrow(/cannot be reached/);
    await expect(away).rejects.not.toThrow(/hidden/);
  });
});
