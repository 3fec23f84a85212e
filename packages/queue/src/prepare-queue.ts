import { AppConfigError } from '@sluice/platform';
import { runMigrations } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import type { QueueConnection } from './queue-connection.ts';

/**
 * Makes the store ready, once at the start of a role. PostgreSQL: runs BullMQ's migrations in the schema `bullmq`, under its
 * advisory lock, so that many processes may start at once. Redis: checks that it is reachable and keeps what it is given.
 * @throws AppConfigError when Redis cannot be reached, is too old or may evict keys
 */
export async function prepareQueue(connection: QueueConnection): Promise<void> {
  if (connection.kind === 'postgres') await migrate(connection.url);
  else await checkRedis(connection.url);
}

async function migrate(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await runMigrations(client);
  } finally {
    await client.end();
  }
}

async function checkRedis(url: string): Promise<void> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: null, connectTimeout: 5_000, commandTimeout: 5_000 });
  let lost: Error | null = null;
  redis.on('error', (error) => (lost = error));
  try {
    await redis.connect();
    const faults = redisFaults(await redis.info());
    if (faults.length > 0) throw new AppConfigError(faults);
  } catch (error) {
    if (error instanceof AppConfigError) throw error;
    const cause = lost ?? (error as Error);
    throw new AppConfigError([`REDIS_URL: Redis at ${new URL(url).host} cannot be reached: ${cause.message}`], { cause });
  } finally {
    redis.disconnect();
  }
}

/** What is wrong with a Redis for a queue, from its INFO. */
export function redisFaults(info: string): string[] {
  const fieldOf = (name: string) => new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1] ?? '';
  const faults: string[] = [];
  const version = fieldOf('redis_version');
  if (Number.parseInt(version, 10) < 7) faults.push(`REDIS_URL: Redis is version ${version}; 7 or newer is needed`);
  const policy = fieldOf('maxmemory_policy');
  if (policy && policy !== 'noeviction')
    faults.push(`REDIS_URL: maxmemory-policy is ${policy}, which loses queued work; run: redis-cli config set maxmemory-policy noeviction`);
  return faults;
}
