import { createPostgresQueues } from './postgres-queues.ts';
import type { Queues } from './queues.ts';
import { createRedisQueues } from './redis-queues.ts';

/**
 * Where the queues live. Pass the same object to every producer and consumer of a process: they then share its connections.
 * `poolSize` is for queries; each consumer adds one connection that listens.
 */
export type QueueConnection = { kind: 'redis'; url: string; prefix: string } | { kind: 'postgres'; url: string; poolSize: number };

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
