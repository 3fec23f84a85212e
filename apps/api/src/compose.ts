import { openContent } from '@sluice/content';
import { createDatabase, createVault, ensureAdmin, ensureTemplates, seedVendors, startWordRules, vendorKeyNames } from '@sluice/core';
import { createEgress } from '@sluice/egress';
import { createRedisBell, createRedisEventLog, createRedisSubscriber, openRedis } from '@sluice/events';
import { createRedisAdmission, createRedisRateLimiter } from '@sluice/limits';
import { createClosers, createLogger, readVendorKeys, systemClock, type Closers, type Logger, type Settings } from '@sluice/platform';
import { createChatClient } from '@sluice/providers';
import { createProducer, prepareQueue, type QueueConnection } from '@sluice/queue';
import { createRegistry } from './http/metrics.ts';
import type { RunningServer } from './http/server.ts';
import { creditRatesOf } from './providers/credit-rates.ts';
import { startApi } from './start-api.ts';

interface RunningApi {
  server: RunningServer;
  closers: Closers;
  log: Logger;
}

/** The API as a process of its own, on PostgreSQL and Redis. */
export async function composeApi(settings: Settings): Promise<RunningApi> {
  const { DATABASE_URL: databaseUrl = '', REDIS_URL: redisUrl = '', REDIS_PREFIX: prefix, SECRET_KEY: secretKey = '' } = settings;
  const closers = createClosers();
  const log = createLogger(settings.LOG_LEVEL, 'api');
  const queue: QueueConnection = { kind: 'redis', url: redisUrl, prefix };
  await prepareQueue(queue);

  const db = await createDatabase({ url: databaseUrl, applicationName: 'sluice api' });
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

  const { ADMIN_EMAIL: email, ADMIN_PASSWORD: password = null, ADMIN_API_KEY: apiKey = null } = settings;
  const now = systemClock();
  if (email) await ensureAdmin(db.em(), { email, password, apiKey, now });
  const vault = createVault(secretKey);
  const rates = creditRatesOf(settings);
  await seedVendors(db.em(), { vault, vendorKeys: readVendorKeys(vendorKeyNames), rates, now });
  await ensureTemplates(db.em(), now);

  const stores = { redis, subscriber, prefix };
  const bell = createRedisBell(stores);
  const registry = createRegistry();
  const server = await startApi(
    {
      settings,
      secretKey,
      log,
      clock: systemClock,
      db,
      vault,
      egress,
      content: openContent(settings),
      bell,
      wordRules: await startWordRules({ em: () => db.em(), log, bell, registry }, closers),
      eventLog: createRedisEventLog(stores),
      limiter: createRedisRateLimiter(stores),
      admission: createRedisAdmission(stores),
      chatClient,
      producer,
      probes: [],
      registry,
      // Without Redis jobs are still accepted and answered from their rows, so only the database decides.
      readyChecks: [{ name: 'database', check: () => db.ping() }],
    },
    closers,
  );
  return { server, closers, log };
}
