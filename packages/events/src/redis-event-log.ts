import type { EventPosition, JobEvent, JobEventEntry } from '@sluice/contract';
import { eventId } from '@sluice/contract';
import type { Redis } from 'ioredis';
import type { EventLog } from './event-log.ts';
import { missedCopies, parseLiveCopy } from './live-copy.ts';
import { createRedisAppends } from './redis-appends.ts';
import type { RedisSubscriber } from './redis-subscriber.ts';
import { judgeRead } from './whole-read.ts';

export interface RedisEventLogParts {
  redis: Redis;
  /** Belongs to the caller, who closes it, as `redis` does. */
  subscriber: RedisSubscriber;
  prefix: string;
}

/**
 * The log as a Redis stream `<prefix>:{<jobId>}:events`, one field an entry with the event's JSON. An append is one script:
 * check, add, expire, publish. Redis 7 or Valkey. A log is one key, so that no script needs more than the node that has it.
 */
export function createRedisEventLog({ redis, subscriber, prefix }: RedisEventLogParts): EventLog {
  const appends = createRedisAppends(redis);
  const keyOf = (jobId: string): string => `${prefix}:{${jobId}}:events`;

  return {
    append(jobId, { attempt, n }, events, retentionS, rule = 'next') {
      const args: (string | number)[] = [keyOf(jobId), attempt, n, retentionS, rule];
      for (const event of events) args.push(JSON.stringify(event));
      // Behind an attempt's start comes its first token: a reader who has seen nothing yet should not wait.
      return appends.add(args, n <= 1 ? 'at-once' : 'in-turn');
    },

    async read(jobId, after, limit) {
      const entries = await readFrom(redis, keyOf(jobId), after, limit);
      // Where nothing stands behind the start there is no last entry either.
      const last = after && entries.length === 0 ? await readLast(redis, keyOf(jobId)) : null;
      return judgeRead({ after, entries, last });
    },

    async expire(jobId, retentionS) {
      await redis.expire(keyOf(jobId), retentionS);
    },

    listen: (jobId, onLive) =>
      subscriber.listen(keyOf(jobId), (message) => onLive(message === 'look' ? missedCopies : parseLiveCopy(message.payload))),
    close: () => Promise.resolve(),
  };
}

/** The cursor's own entry is read too: `judgeRead` wants it as a proof. */
async function readFrom(redis: Redis, key: string, after: EventPosition | null, limit: number): Promise<JobEventEntry[]> {
  const rows = after ? await redis.xrange(key, eventId(after), '+', 'COUNT', limit + 1) : await redis.xrange(key, '-', '+', 'COUNT', limit);
  return rows.map(toEntry);
}

async function readLast(redis: Redis, key: string): Promise<JobEventEntry | null> {
  const [row] = await redis.xrevrange(key, '+', '-', 'COUNT', 1);
  return row ? toEntry(row) : null;
}

function toEntry([id, fields]: [id: string, fields: string[]]): JobEventEntry {
  return { id, event: JSON.parse(fields[1] ?? 'null') as JobEvent };
}
