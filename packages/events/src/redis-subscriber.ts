import type { Redis } from 'ioredis';
import { createFanOut } from './fan-out.ts';

/** `look`: the connection was away and messages may have been missed. */
export type ChannelMessage = { payload: string } | 'look';

/** The one connection of a process that listens to channels, shared by all who listen. */
export interface RedisSubscriber {
  /**
   * Resolves when Redis has confirmed the subscription; waits as long as Redis is away. The answer ends it; the last one to
   * leave unsubscribes.
   */
  listen(channel: string, onMessage: (message: ChannelMessage) => void): Promise<() => void>;
  close(): Promise<void>;
}

/**
 * A dead peer is found within the two together: a ping that is not answered in time closes the socket, and the client connects
 * again.
 */
const pingEveryMs = 10_000;
const socketTimeoutMs = 5_000;

/** Opens the connection with the settings of `redis` (address, password, TLS), which stays free for commands. */
export function createRedisSubscriber({ redis }: { redis: Redis }): RedisSubscriber {
  const connection = redis.duplicate({
    lazyConnect: false,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: true,
    enableOfflineQueue: true,
    enableAutoPipelining: false,
    maxRetriesPerRequest: null,
    commandTimeout: undefined,
    socketTimeout: socketTimeoutMs,
  });
  const messages = createFanOut<ChannelMessage>();
  const confirmed = new Map<string, Promise<unknown>>();

  // The first connection of `redis` told about a wrong address; later faults are a reconnect, which listeners are told of below.
  connection.on('error', () => undefined);
  connection.on('message', (channel: string, payload: string) => messages.emit(channel, { payload }));
  connection.once('ready', () => connection.on('ready', () => void resubscribe()));
  const pinging = setInterval(ping, pingEveryMs).unref();

  function ping(): void {
    if (connection.status === 'ready') connection.ping().catch(() => undefined);
  }

  /** Only after the confirmation: a listener that reads before it could miss what is published in between. */
  async function resubscribe(): Promise<void> {
    const channels = messages.topics();
    if (channels.length === 0) return;
    await connection.subscribe(...channels).then(
      () => messages.emitAll('look'),
      () => undefined,
    );
  }

  function leave(channel: string, remove: () => void): void {
    remove();
    if (messages.has(channel) || !confirmed.delete(channel)) return;
    void connection.unsubscribe(channel).catch(() => undefined);
  }

  return {
    async listen(channel, onMessage) {
      const remove = messages.add(channel, onMessage);
      const confirmation = confirmed.get(channel) ?? connection.subscribe(channel);
      confirmed.set(channel, confirmation);
      try {
        await confirmation;
      } catch (error) {
        leave(channel, remove);
        throw error;
      }
      return () => leave(channel, remove);
    },
    close() {
      clearInterval(pinging);
      connection.disconnect();
      return Promise.resolve();
    },
  };
}
