import type { Job, Queue, Worker } from 'bullmq';
import { createPostgresQueues } from './postgres-queues.ts';
import { createRedisQueues } from './redis-queues.ts';

/**
 * Where the queues live. Pass the same object to every producer and consumer of a process: they then share its connections.
 * `poolSize` is for queries; each consumer adds one connection that listens.
 */
export type QueueConnection = { kind: 'redis'; url: string; prefix: string } | { kind: 'postgres'; url: string; poolSize: number };

export type MessageHandler = (message: Job, token?: string) => Promise<void>;

/** What is used of BullMQ's classes, whose full types differ from store to store. */
export type LaneQueue = Pick<Queue, 'add' | 'addBulk' | 'close' | 'getJobCounts'> & OnError;
export type LaneWorker = Pick<Worker, 'close' | 'concurrency' | 'pause' | 'resume' | 'run' | 'waitUntilReady'> & OnError;
interface OnError {
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** BullMQ on one store. What it opens is closed by whoever asked for it; `close` ends the connections under all of it. */
export interface Queues {
  openQueue(name: string): LaneQueue;
  /** Not running yet: the caller attaches its listeners, waits until it is ready, and runs it. */
  openWorker(name: string, concurrency: number, handler: MessageHandler): LaneWorker;
  close(): Promise<void>;
}

interface Lease {
  queues: Queues;
  release(): Promise<void>;
}

const opened = new WeakMap<QueueConnection, { queues: Queues; users: number }>();

/** The queues of a connection, opened by the first user and closed by the last. */
export function leaseQueues(connection: QueueConnection): Lease {
  const entry = opened.get(connection) ?? { queues: openQueues(connection), users: 0 };
  opened.set(connection, entry);
  entry.users += 1;
  let isReleased = false;
  return {
    queues: entry.queues,
    async release() {
      if (isReleased) return;
      isReleased = true;
      entry.users -= 1;
      if (entry.users > 0) return;
      opened.delete(connection);
      await entry.queues.close();
    },
  };
}

function openQueues(connection: QueueConnection): Queues {
  return connection.kind === 'redis' ? createRedisQueues(connection) : createPostgresQueues(connection);
}
