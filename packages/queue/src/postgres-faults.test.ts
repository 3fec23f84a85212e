import { setTimeout as wait } from 'node:timers/promises';
import { createLogger } from '@sluice/platform';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../../test/support/database.ts';
import { createConsumer } from './consumer.ts';
import { createLaneWorld } from './lane-world.fixture.ts';
import { poolSettings } from './postgres-queues.ts';
import { prepareQueue } from './prepare-queue.ts';
import { createProducer } from './producer.ts';
import type { QueueConnection } from './queue-connection.ts';

const log = createLogger('silent', 'test');

describe('lanes on PostgreSQL', () => {
  it('are prepared once although many processes start at the same time', async () => {
    const { url, close } = await createTestDatabase();
    const connection: QueueConnection = { kind: 'postgres', url, poolSize: 4 };
    await Promise.all(Array.from({ length: 5 }, () => prepareQueue(connection)));
    await prepareQueue(connection);
    await close();
  });

  it('go on after every connection was cut', async () => {
    const { url, close } = await createTestDatabase();
    const connection: QueueConnection = { kind: 'postgres', url, poolSize: 4 };
    await prepareQueue(connection);
    const world = createLaneWorld(connection, log);
    const lane = world.lane();
    const taken: string[] = [];
    lane.consume(async ({ jobId }) => (taken.push(jobId), { type: 'done' }));
    await lane.send([{ jobId: 'before' }]);
    await world.until(() => taken.length === 1);
    await cutConnections(url);
    await world.until(() =>
      lane.send([{ jobId: 'after' }]).then(
        () => true,
        () => false,
      ),
    );
    await world.until(() => taken.includes('after'));
    await world.close();
    await close();
  });

  it('open as soon as the database can be used, when a consumer was made before', async () => {
    const { url, close } = await createTestDatabase();
    const connection: QueueConnection = { kind: 'postgres', url, poolSize: 4 };
    const world = createLaneWorld(connection, log);
    const lane = world.lane();
    const taken: string[] = [];
    lane.consume(async ({ jobId }) => (taken.push(jobId), { type: 'done' }));
    await expect(lane.send([{ jobId: 'early' }])).rejects.toThrow(/not initialized/);
    await prepareQueue(connection);
    await world.until(() =>
      lane.send([{ jobId: 'first' }]).then(
        () => true,
        () => false,
      ),
    );
    await world.until(() => taken.includes('first'));
    await world.close();
    await close();
  });

  it('let go of every connection when they are closed while they open', async () => {
    const { url, close } = await createTestDatabase();
    const connection: QueueConnection = { kind: 'postgres', url, poolSize: 4 };
    await prepareQueue(connection);
    // Holds the pool open, as in a process that goes on.
    const producer = createProducer({ connection, log });
    for (let delayMs = 0; delayMs < 40; delayMs += 1) {
      const lane = { connection, providerId: 'p', kind: 'interactive', concurrency: 1, log } as const;
      const consumer = createConsumer({ ...lane, handle: async () => ({ type: 'done' }) });
      await wait(delayMs);
      await consumer.close(1_000);
    }
    await producer.close();
    await until(async () => (await countConnections(url)) === 0);
    await close();
  });

  it('find their schema also when the URL has options of its own', () => {
    const { connectionString, options } = poolSettings('postgres://u:p%40@h:1/d?options=-c%20statement_timeout%3D5s&sslmode=disable');
    expect(options).toBe('-c statement_timeout=5s -c search_path=bullmq');
    expect(connectionString).toBe('postgres://u:p%40@h:1/d?sslmode=disable');
  });
});

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await wait(20);
}

async function countConnections(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()`,
  );
  await client.end();
  return rows[0]?.count ?? -1;
}

async function cutConnections(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
  );
  await client.end();
}
