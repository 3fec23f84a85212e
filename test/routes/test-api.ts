import { createApp, createCacheLookups, createDrain, createRegistry, mountsOf, startServer, type ApiParts, type Mount } from '@sluice/api';
import { openContent } from '@sluice/content';
import {
  createDatabase,
  createModelDirectory,
  createOwnKeyDirectory,
  createTemplateDirectory,
  createVault,
  ensureAdmin,
  startWordRules,
  submitJobs,
  type Database,
} from '@sluice/core';
import { createEgress } from '@sluice/egress';
import { createMemoryBell, createMemoryEventLog, type Bell } from '@sluice/events';
import { createChatClient } from '@sluice/providers';
import { createMemoryAdmission, createMemoryRateLimiter } from '@sluice/limits';
import { createBatcher, createClosers, createLogger, Settings, type Closers } from '@sluice/platform';
import { createTestDatabase } from '../support/database.ts';
import { createTestFolder } from '../support/folder.ts';
import { createCaller, type Caller } from './caller.ts';

export interface TestApi {
  url: string;
  db: Database;
  bell: Bell;
  mounts: Mount[];
  admin: Caller;
  /** Calls without a credential. */
  anonymous: Caller;
  /** A caller with any credential. */
  as(token: string): Caller;
  /** A new user with all scopes of one, and their API key. */
  user(email: string): Promise<{ id: string; caller: Caller }>;
  clock: TestClock;
  /** What was logged, a JSON line each. */
  logged: string[];
  close(): Promise<void>;
}

export interface TestClock {
  now(): Date;
  forward(ms: number): void;
}

export const testPassword = 'correct horse battery';
export const testSecretKey = 'a secret key of thirty-two characters';
const adminKey = 'sk-administrator-of-the-tests';

/** The API on a real socket and a real database; the queue alone is left out. */
export async function startTestApi(env: Partial<Record<keyof Settings, string>> = {}): Promise<TestApi> {
  const closers = createClosers();
  const store = await createTestDatabase();
  closers.add('test database', store.close);
  const db = await createDatabase({ url: store.url, poolSize: 20 });
  closers.add('database', db.close);
  const clock = createTestClock();
  const logged: string[] = [];
  const folder = createTestFolder();
  closers.add('files', folder.close);
  const parts = await createParts({ db, closers, clock, logged, settings: Settings.parse({ DATA_DIR: folder.path, ...env }) });
  const server = await startServer(createApp(parts), { host: '127.0.0.1', port: 0, drain: parts.drain });
  closers.add('server', server.close);
  closers.add('chat client', () => parts.chatClient.close());
  await ensureAdmin(db.em(), { email: 'admin@example.com', password: testPassword, apiKey: adminKey, now: clock.now() });
  const as = (token: string | null): Caller => createCaller(server.url, token);
  const admin = as(adminKey);
  return {
    url: server.url,
    db,
    bell: parts.bell,
    mounts: mountsOf(parts),
    admin,
    anonymous: as(null),
    as,
    user: (email) => createUser(admin, as, email),
    clock,
    logged,
    close: () => closers.closeAll(),
  };
}

function createTestClock(): TestClock {
  let aheadMs = 0;
  return { now: () => new Date(Date.now() + aheadMs), forward: (ms) => void (aheadMs += ms) };
}

interface PartsOptions {
  db: Database;
  closers: Closers;
  clock: TestClock;
  logged: string[];
  settings: Settings;
}

async function createParts({ db, closers, clock, logged, settings }: PartsOptions): Promise<ApiParts> {
  const now = () => clock.now();
  const log = createLogger('info', 'test', { write: (line) => void logged.push(line) });
  const bell = createMemoryBell();
  const registry = createRegistry();
  return {
    db,
    settings,
    secretKey: testSecretKey,
    clock: now,
    log,
    registry,
    wordRules: await startWordRules({ em: () => db.em(), log, bell, registry }, closers),
    cacheLookups: createCacheLookups(registry),
    drain: createDrain(),
    probes: [],
    readyChecks: [{ name: 'database', check: () => db.ping() }],
    limiter: createMemoryRateLimiter(),
    admission: createMemoryAdmission({ clock: now }),
    chatClient: createChatClient(),
    bell,
    eventLog: createMemoryEventLog({ maxBytes: 1_000_000, clock: now }),
    vault: createVault(testSecretKey),
    content: openContent(settings),
    egress: createEgress({ allow: settings.EGRESS_ALLOW }),
    models: createModelDirectory({ em: () => db.em(), ttlMs: 0 }),
    templates: createTemplateDirectory({ em: () => db.em() }),
    ownKeys: createOwnKeyDirectory({ em: () => db.em() }),
    submit: createBatcher({ flush: (submissions) => submitJobs(db.em(), submissions) }),
    producer: { send: () => Promise.resolve(), counts: () => Promise.resolve({ waiting: 0, active: 0, delayed: 0 }) },
  };
}

async function createUser(admin: Caller, as: (token: string) => Caller, email: string): Promise<{ id: string; caller: Caller }> {
  const { body: user } = await admin.post('/v1/admin/users', { email, password: testPassword });
  const { body: session } = await admin.post('/v1/auth/login', { email, password: testPassword });
  const scopes = ['jobs:read', 'jobs:write', 'account:read', 'account:write'];
  const { body: key } = await as(session.access_token).post('/v1/api-keys', { name: 'test', scopes });
  return { id: user.id, caller: as(key.secret) };
}
