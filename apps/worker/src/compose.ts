import { openContent } from '@sluice/content';
import { createDatabase, createVault, startWordRules } from '@sluice/core';
import { createEgress } from '@sluice/egress';
import { createRedisBell, createRedisEventLog, createRedisSubscriber, openRedis } from '@sluice/events';
import { createRedisAdmission } from '@sluice/limits';
import { createClosers, createLogger, startHealthServer, systemClock, type Closers, type Logger, type Settings } from '@sluice/platform';
import { createChatClient } from '@sluice/providers';
import { createProducer, prepareQueue, type QueueConnection } from '@sluice/queue';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { startWorker } from './start-worker.ts';

/** A worker as a process of its own, on PostgreSQL and Redis. */
export async function composeWorker(settings: Settings): Promise<{ closers: Closers; log: Logger }> {
  const { DATABASE_URL: databaseUrl = '', REDIS_URL: redisUrl = '', REDIS_PREFIX: prefix, SECRET_KEY: secretKey = '' } = settings;
  const closers = createClosers();
  const log = createLogger(settings.LOG_LEVEL, 'worker');
  const queue: QueueConnection = { kind: 'redis', url: redisUrl, prefix };
  await prepareQueue(queue);

  const db = await createDatabase({ url: databaseUrl, applicationName: 'sluice worker' });
  closers.add('database', () => db.close());
  await db.migrate();

  const redis = await openRedis({ url: redisUrl, onError: (err) => log.warn({ err }, 'Redis connection') });
  closers.add('redis', () => redis.disconnect());
  const subscriber = createRedisSubscriber({ redis });
  closers.add('redis subscriber', () => subscriber.close());
  const producer = createProducer({ connection: queue, log });
  closers.add('producer', () => producer.close());
  const chatClient = createChatClient();
  closers.add('chat client', () => chatClient.close());
  const egress = createEgress({ allow: settings.EGRESS_ALLOW });
  closers.add('egress', () => egress.close());

  const stores = { redis, subscriber, prefix };
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const bell = createRedisBell(stores);
  const probes = await startWorker(
    {
      settings,
      log,
      clock: systemClock,
      db,
      vault: createVault(secretKey),
      bell,
      wordRules: await startWordRules({ em: () => db.em(), log, bell, registry }, closers),
      eventLog: createRedisEventLog(stores),
      admission: createRedisAdmission(stores),
      chatClient,
      content: openContent(settings),
      egress,
      producer,
      queue,
      registry,
    },
    closers,
  );
  if (settings.HEALTH_PORT !== undefined) {
    const health = await startHealthServer({ host: settings.HOST, port: settings.HEALTH_PORT, probes, registry });
    closers.add('health server', () => health.close());
  }
  return { closers, log };
}
