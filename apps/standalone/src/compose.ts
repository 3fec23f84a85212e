import { join } from 'node:path';
import { createRegistry, startApi } from '@sluice/api';
import { startBilling } from '@sluice/billing';
import { openContent } from '@sluice/content';
import { createDatabase, createVault, ensureAdmin, ensureTemplates, recharge, startWordRules, type Database } from '@sluice/core';
import { createEgress } from '@sluice/egress';
import { createMemoryBell, createMemoryEventLog } from '@sluice/events';
import { createMemoryAdmission, createMemoryRateLimiter } from '@sluice/limits';
import { createClosers, createLogger, systemClock, type Closers, type Logger, type Settings } from '@sluice/platform';
import { startPostgres } from '@sluice/postgres';
import { createChatClient } from '@sluice/providers';
import { createProducer, prepareQueue, type QueueConnection } from '@sluice/queue';
import { startWorker } from '@sluice/worker';
import { readSecrets } from './read-secrets.ts';
import { seedProviders } from './seed-providers.ts';
import { renderWelcome } from './welcome.ts';

export interface Standalone {
  url: string;
  /** What to tell whoever started it. */
  welcome: string;
  closers: Closers;
  log: Logger;
}

/** Readers that follow hold no text here; this bounds what finished jobs keep for replay. */
const eventBytesMax = 256 * 1024 * 1024;

/** Each lane pins two connections, and 50 lanes are more than anybody has. */
const queuePoolSize = 8;

/** All roles in one process: real PostgreSQL, queues on it, events and limits in memory. */
export async function composeStandalone(settings: Settings): Promise<Standalone> {
  const closers = createClosers();
  const log = createLogger(settings.LOG_LEVEL, 'standalone');
  const secrets = readSecrets(settings);
  const databaseUrl = settings.DATABASE_URL ?? (await startOwnPostgres(settings, closers, log));
  const db = await openDatabase(databaseUrl, closers);
  const queue: QueueConnection = { kind: 'postgres', url: databaseUrl, poolSize: queuePoolSize };
  await prepareQueue(queue);
  const { adminEmail: email, adminPassword: password, adminApiKey: apiKey, secretKey } = secrets;
  const { userId, isNew } = await ensureAdmin(db.em(), { email, password, apiKey, now: systemClock() });
  if (isNew) await giveFirstCredits(db, userId);
  const vault = createVault(secretKey);
  await seedProviders({ db, vault, closers, log, settings });
  await ensureTemplates(db.em(), systemClock());

  const producer = createProducer({ connection: queue, log });
  closers.add('producer', () => producer.close());
  const chatClient = createChatClient();
  closers.add('chat client', () => chatClient.close());
  const egress = createEgress({ allow: settings.EGRESS_ALLOW });
  closers.add('egress', () => egress.close());
  const bell = createMemoryBell();
  const registry = createRegistry();
  const stores = {
    settings,
    log,
    clock: systemClock,
    db,
    vault,
    egress,
    content: openContent(settings),
    bell,
    eventLog: createMemoryEventLog({ maxBytes: eventBytesMax, clock: systemClock }),
    producer,
    registry,
    admission: createMemoryAdmission(),
    wordRules: await startWordRules({ em: () => db.em(), log, bell, registry }, closers),
    chatClient,
  };
  const billing = await startBilling(stores, closers);
  const worker = await startWorker({ ...stores, queue }, closers);
  const readyChecks = [{ name: 'database', check: () => db.ping() }];
  const server = await startApi(
    { ...stores, secretKey, limiter: createMemoryRateLimiter(), probes: [...billing, ...worker], readyChecks },
    closers,
  );
  return { url: server.url, welcome: renderWelcome({ url: server.url, secrets }), closers, log };
}

/** For the tour: enough for thousands of questions to the simulator. */
async function giveFirstCredits(db: Database, userId: string): Promise<void> {
  const order = {
    userId,
    amount: '1000',
    note: 'Credits to begin with',
    createdBy: userId,
    idempotencyKey: 'first-credits',
    now: systemClock(),
  };
  await recharge(db.em(), order);
}

async function startOwnPostgres(settings: Settings, closers: Closers, log: Logger): Promise<string> {
  const postgres = await startPostgres({
    dataDir: join(settings.DATA_DIR, 'postgres'),
    log,
    onProgress: (message) => console.error(message),
  });
  closers.add('PostgreSQL', () => postgres.close());
  return postgres.url;
}

async function openDatabase(url: string, closers: Closers): Promise<Database> {
  const db = await createDatabase({ url, applicationName: 'sluice' });
  closers.add('database', () => db.close());
  await db.migrate();
  return db;
}
