import type { ContentStore } from '@sluice/content';
import {
  createModelDirectory,
  createOwnKeyDirectory,
  createTemplateDirectory,
  submitJobs,
  type Database,
  type Vault,
  type WordRules,
} from '@sluice/core';
import type { Egress } from '@sluice/egress';
import type { Bell, EventLog } from '@sluice/events';
import type { RateLimiter } from '@sluice/limits';
import { createBatcher, type Clock, type Closers, type Logger, type Probe, type Settings } from '@sluice/platform';
import type { ChatClient } from '@sluice/providers';
import type { Producer } from '@sluice/queue';
import type { Registry } from 'prom-client';
import { createApp } from './app.ts';
import { createDrain } from './http/drain.ts';
import { startServer, type RunningServer } from './http/server.ts';
import { createCacheLookups } from './jobs/cache-lookups.ts';
import { measureKeys } from './providers/measure-keys.ts';
import type { AdmissionView } from './providers/present-lane-keys.ts';
import type { ReadyCheck } from './routes/health.ts';

/** What the API is given: opened by `compose.ts` or by the standalone process, and closed there. */
export interface ApiStores {
  settings: Settings;
  secretKey: string;
  log: Logger;
  clock: Clock;
  db: Database;
  vault: Vault;
  egress: Egress;
  content: ContentStore;
  wordRules: WordRules;
  bell: Bell;
  eventLog: EventLog;
  limiter: RateLimiter;
  /** For administrators to look at. */
  admission: AdmissionView;
  /** For an administrator who tries a provider. */
  chatClient: ChatClient;
  producer: Producer;
  /** Loops of this process that must go on. */
  probes: Probe[];
  readyChecks: ReadyCheck[];
  registry: Registry;
}

/** A model's row may change this long before every API process knows, should the bell be lost. */
const modelTtlMs = 5000;

/** Serves the HTTP API. Its closing answers what is under way and ends open streams, whose readers resume elsewhere. */
export async function startApi(stores: ApiStores, closers: Closers): Promise<RunningServer> {
  const { db, bell, settings } = stores;
  const models = createModelDirectory({ em: () => db.em(), ttlMs: modelTtlMs });
  closers.add('models bell', await bell.listen('providers', () => models.forget()));
  const templates = createTemplateDirectory({ em: () => db.em() });
  const ownKeys = createOwnKeyDirectory({ em: () => db.em() });
  // One flush at a time: a second one would wait for the same busy wallet's lock, with fewer rows in each.
  const submit = createBatcher({
    concurrency: 1,
    flush: (submissions: Parameters<typeof submitJobs>[1]) => submitJobs(db.em(), submissions),
  });
  measureKeys(stores.registry, stores);
  const drain = createDrain();
  const cacheLookups = createCacheLookups(stores.registry);
  const app = createApp({ ...stores, models, templates, ownKeys, submit, drain, cacheLookups });
  const server = await startServer(app, { host: settings.HOST, port: settings.PORT, drain });
  closers.add('http server', () => server.close());
  return server;
}
