import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { consumerOptions, producerOptions } from './catalogue.ts';
import type { Queues } from './queues.ts';

/**
 * One connection for every queue, one for every worker, and one more a worker that blocks on its queue. All are made when first
 * needed. Two kinds, because a producer must fail while Redis is away (the sweep sends again) and a worker must wait.
 */
export function createRedisQueues({ url, prefix }: { url: string; prefix: string }): Queues {
  const producer = lazy(() => new Redis(url, producerConnection));
  const consumer = lazy(() => new Redis(url, consumerConnection));
  return {
    openQueue: (name) => new Queue(name, { connection: producer.get(), prefix, skipVersionCheck: true, ...producerOptions }),
    openWorker: (name, concurrency, handler) =>
      new Worker(name, handler, { connection: consumer.get(), prefix, concurrency, autorun: false, ...consumerOptions }),
    async close() {
      producer.found()?.disconnect();
      consumer.found()?.disconnect();
    },
  };
}

const producerConnection = {
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  connectTimeout: 2_000,
  // A half-open Redis takes commands and never answers. A command that timed out may still have been done: ids make that harmless.
  commandTimeout: 2_000,
  socketTimeout: 4_000,
};

const consumerConnection = {
  // BullMQ requires it, and a worker has nothing better to do than to wait.
  maxRetriesPerRequest: null,
  // Longer than the longest block (10 s), so that silence means a dead connection.
  socketTimeout: 15_000,
};

function lazy(open: () => Redis): { get(): Redis; found(): Redis | undefined } {
  let redis: Redis | undefined;
  return {
    get() {
      if (redis) return redis;
      redis = open();
      // BullMQ forwards errors to the queue or worker, which logs them; without a listener here ioredis prints them as well.
      redis.on('error', () => undefined);
      return redis;
    },
    found: () => redis,
  };
}
