import { Redis } from 'ioredis';

export interface OpenRedisParts {
  url: string;
  /** Told of each lost connection and each failed try to connect again. */
  onError: (error: Error) => void;
}

/**
 * Opens the connection for commands that the event log, the bell and the limits expect: commands of one tick travel together,
 * none waits for a Redis that is away or silent (2 s), and none is sent again behind its caller's back, since after a failover
 * it could be executed long after its caller gave up. It connects again by itself. Throws when Redis cannot be reached at the
 * start.
 */
export async function openRedis({ url, onError }: OpenRedisParts): Promise<Redis> {
  const redis = new Redis(url, {
    lazyConnect: true,
    enableAutoPipelining: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: 2000,
    connectTimeout: 5000,
    retryStrategy: (tries) => Math.min(50 * 2 ** Math.min(tries, 5), 1000),
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  });
  redis.on('error', onError);
  try {
    await redis.connect();
  } catch (error) {
    redis.disconnect();
    throw error;
  }
  return redis;
}
