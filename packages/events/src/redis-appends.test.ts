import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testRedisUrl, uniquePrefix } from '../../../test/support/redis.ts';
import { openRedis } from './open-redis.ts';
import { createRedisAppends, type AppendTurn, type RedisAppends } from './redis-appends.ts';

const prefix = uniquePrefix();

/** Stands between a client and Redis: it can hold the answers back, and remembers what was sent. */
async function startRelay() {
  const { hostname, port, pathname } = new URL(testRedisUrl());
  const sent: string[] = [];
  const sockets = new Set<Socket>();
  let answering: Socket | null = null;
  const server = createServer((client) => {
    const redis = connect(Number(port), hostname);
    for (const socket of [client, redis]) sockets.add(socket.on('error', () => undefined));
    client.on('data', (bytes) => void sent.push(bytes.toString())).pipe(redis);
    redis.pipe(client);
    answering = redis;
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}${pathname}`,
    /** Which of these texts were sent since the relay started. */
    sentOf: (texts: string[]) => texts.filter((text) => sent.some((bytes) => bytes.includes(text))),
    hold: () => void answering?.pause(),
    letGo: () => void answering?.resume(),
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

let relay: Awaited<ReturnType<typeof startRelay>>;
let redis: Redis;
let appends: RedisAppends;

beforeAll(async () => {
  relay = await startRelay();
  redis = await openRedis({ url: relay.url, onError: () => undefined });
  appends = createRedisAppends(redis);
});
afterAll(() => {
  redis.disconnect();
  relay.close();
});

const keyOf = (name: string) => `${prefix}:{${name}}:events`;
const append = (name: string, turn: AppendTurn = 'in-turn') =>
  appends.add([keyOf(name), 1, 0, 60, 'next', JSON.stringify({ type: 'text-delta', attempt: 1, delta: name })], turn);

test('while answers are awaited appends wait and go together, and one that must go at once takes them along', async () => {
  const names = ['waits-1', 'waits-2', 'urgent'];
  await append('warm');
  relay.hold();
  const first = append('first');
  await expect.poll(() => relay.sentOf(['first'])).toEqual(['first']);
  const waiting = [append('waits-1'), append('waits-2')];
  // Long enough to write it and to read it at the other end, which is in this process.
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
  expect(relay.sentOf(names)).toEqual([]);
  const urgent = append('urgent', 'at-once');
  await expect.poll(() => relay.sentOf(names)).toEqual(names);
  relay.letGo();
  expect(await Promise.all([first, ...waiting, urgent])).toEqual(Array(4).fill('appended'));
});

test('an append that Redis refuses fails alone', async () => {
  await redis.set(keyOf('no-stream'), 'x', 'EX', 60);
  const [before, refused, after] = await Promise.allSettled([append('before'), append('no-stream'), append('after')]);
  expect([before, after]).toEqual(Array(2).fill({ status: 'fulfilled', value: 'appended' }));
  expect(refused).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('WRONGTYPE') } });
});
