import { createPostgresBackend, isPgPool, withBackend } from 'bullmq';
import pg from 'pg';
import { consumerOptions, producerOptions } from './catalogue.ts';
import type { Queues } from './queues.ts';

const { Queue, Worker } = withBackend(createPostgresBackend);

/**
 * One pool for every queue and worker. It stays small, since each NOTIFY takes a database-wide lock at commit (50 connections
 * were three times slower than 4), and grows by one for each worker, which pins a connection that listens: a pool
 * that the listeners used up would deadlock.
 */
export function createPostgresQueues({ url, poolSize }: { url: string; poolSize: number }): Queues {
  const pool = new pg.Pool({ ...poolSettings(url), max: poolSize });
  pool.setMaxListeners(0);
  pool.on('error', () => undefined);
  // Always true; it is asked because the two packages type a client's optional members differently.
  if (!isPgPool(pool)) throw new TypeError('pg.Pool is not what BullMQ takes for a pool');
  return {
    openQueue: (name) => new Queue(name, { connection: pool, ...producerOptions }),
    openWorker(name, concurrency, handler) {
      pool.options.max += 1;
      const worker = new Worker(name, handler, { connection: pool, concurrency, autorun: false, ...consumerOptions });
      worker.once('closed', () => (pool.options.max -= 1));
      return worker;
    },
    close: () => pool.end(),
  };
}

/** Without keepAlive BullMQ falls back to polling every 10 s. Options in the URL would hide the search path, so they are joined. */
export function poolSettings(url: string): pg.PoolConfig {
  const address = new URL(url);
  const options = address.searchParams.get('options') ?? '';
  address.searchParams.delete('options');
  return {
    connectionString: address.href,
    options: `${options} -c search_path=bullmq`.trim(),
    keepAlive: true,
    application_name: 'sluice-queue',
  };
}
