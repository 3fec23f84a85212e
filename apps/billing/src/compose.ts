import { createDatabase } from '@sluice/core';
import { createRedisBell, createRedisSubscriber, openRedis } from '@sluice/events';
import { createClosers, createLogger, startHealthServer, type Closers, type Logger, type Settings } from '@sluice/platform';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { startBilling } from './start-billing.ts';

/** The billing worker as a process of its own, on PostgreSQL and Redis. */
export async function composeBilling(settings: Settings): Promise<{ closers: Closers; log: Logger }> {
  const { DATABASE_URL: databaseUrl = '', REDIS_URL: redisUrl = '', REDIS_PREFIX: prefix } = settings;
  const closers = createClosers();
  const log = createLogger(settings.LOG_LEVEL, 'billing');

  const db = await createDatabase({ url: databaseUrl, applicationName: 'sluice billing' });
  closers.add('database', () => db.close());
  await db.migrate();

  const redis = await openRedis({ url: redisUrl, onError: (err) => log.warn({ err }, 'Redis connection') });
  closers.add('redis', () => redis.disconnect());
  const subscriber = createRedisSubscriber({ redis });
  closers.add('redis subscriber', () => subscriber.close());

  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const probes = await startBilling({ db, bell: createRedisBell({ redis, subscriber, prefix }), log, registry }, closers);
  if (settings.HEALTH_PORT !== undefined) {
    const health = await startHealthServer({ host: settings.HOST, port: settings.HEALTH_PORT, probes, registry });
    closers.add('health server', () => health.close());
  }
  return { closers, log };
}
