import type { Redis } from 'ioredis';
import type { Bell } from './bell.ts';
import type { RedisSubscriber } from './redis-subscriber.ts';

export interface RedisBellParts {
  redis: Redis;
  /** Belongs to the caller, who closes it. */
  subscriber: RedisSubscriber;
  prefix: string;
}

/**
 * The bell between processes: pub/sub. After a reconnect every listener is rung without a payload, since rings may have been
 * missed.
 */
export function createRedisBell({ redis, subscriber, prefix }: RedisBellParts): Bell {
  const channelOf = (topic: string): string => `${prefix}:bell:${topic}`;
  return {
    ring: (topic, payload = '') => void redis.publish(channelOf(topic), payload).catch(() => undefined),
    listen: (topic, onRing) =>
      subscriber.listen(channelOf(topic), (message) => onRing(message === 'look' ? undefined : message.payload || undefined)),
    close: () => Promise.resolve(),
  };
}
