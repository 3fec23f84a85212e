import { createLogger } from '@sluice/platform';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../../test/support/database.ts';
import { createLaneWorld } from './lane-world.fixture.ts';
import { poolSettings } from './postgres-queues.ts';
import { prepareQueue } from './prepare-queue.ts';
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

  it('find their schema also when the URL has options of its own', () => {
    const { connectionString, options } = poolSettings('postgres://u:p%40@h:1/d?options=-c%20statement_timeout%3D5s&sslmode=disable');
    expect(options).toBe('-c statement_timeout=5s -c search_path=bullmq');
    expect(connectionString).toBe('postgres://u:p%40@h:1/d?sslmode=disable');
  });
});

async function cutConnections(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
  );
  await client.end();
}
