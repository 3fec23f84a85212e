import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClosers } from '@sluice/platform';
import { startSimulator, type Simulator } from '@sluice/providers';
import { createCaller, type Caller } from '../routes/caller.ts';
import { createTestDatabase } from './database.ts';
import { testRedisUrl, uniquePrefix } from './redis.ts';
import { startRole, type RoleName, type RoleProcess } from './role-process.ts';

export type Mode = 'embedded' | 'distributed';

/** The product as it is run, on real stores; the provider is the only fake. */
export interface World {
  mode: Mode;
  databaseUrl: string;
  redisPrefix: string;
  /** The provider behind the model `mock`, with the ledger of its calls. */
  simulator: Simulator;
  admin: Caller;
  url(): string;
  /** The processes that run, by name; embedded mode has one, which is every role. */
  roles: Map<string, RoleProcess>;
  /** Starts one more process of a role under a name of its own. */
  start(name: string, role: RoleName, env?: Record<string, string>): Promise<RoleProcess>;
  user(credits?: string): Promise<TestUser>;
  close(): Promise<void>;
}

export interface TestUser {
  id: string;
  key: string;
  call: Caller;
}

const adminKey = 'sk-administrator-of-the-tests';
let users = 0;

export async function startWorld(mode: Mode, env: Record<string, string> = {}): Promise<World> {
  const closers = createClosers();
  const store = await createTestDatabase();
  closers.add('database', store.close);
  const simulator = await startSimulator();
  closers.add('simulator', simulator.close);
  const dataDir = mkdtempSync(join(tmpdir(), 'sluice-world-'));
  closers.add('data', () => rmSync(dataDir, { recursive: true, force: true }));

  const redisPrefix = uniquePrefix();
  const base: Record<string, string> = {
    DATABASE_URL: store.url,
    DATA_DIR: dataDir,
    PORT: '0',
    SECRET_KEY: 'a secret key of thirty-two characters',
    ADMIN_EMAIL: 'admin@example.com',
    ADMIN_API_KEY: adminKey,
    LOG_LEVEL: 'warn',
    ...(mode === 'distributed' && { REDIS_URL: testRedisUrl(), REDIS_PREFIX: redisPrefix }),
    ...env,
  };
  const roles = new Map<string, RoleProcess>();
  const start = async (name: string, role: RoleName, more: Record<string, string> = {}) => {
    const process = await startRole(role, { ...base, ...more });
    roles.set(name, process);
    // The API comes back at the same address, as behind a load balancer.
    if (process.url.startsWith('http')) base['PORT'] = new URL(process.url).port;
    return process;
  };
  closers.add('processes', () => Promise.all([...roles.values()].filter((role) => role.isRunning()).map((role) => role.end('SIGTERM'))));

  if (mode === 'embedded') await start('standalone', 'standalone');
  else await Promise.all([start('api', 'api'), start('worker', 'worker'), start('billing', 'billing')]);
  const url = () => `http://127.0.0.1:${base['PORT']}`;
  const admin = createCaller(url(), adminKey);
  await setUpModel(admin, simulator);
  return {
    mode,
    databaseUrl: store.url,
    redisPrefix,
    simulator,
    admin,
    url,
    roles,
    start,
    user: (credits = '1000') => createUser(admin, url(), credits),
    close: () => closers.closeAll(),
  };
}

/** 1,000 tokens in and 1,000 out cost 3 credits. */
async function setUpModel(admin: Caller, simulator: Simulator): Promise<void> {
  await created(admin.post('/v1/admin/providers', { name: 'mock', base_url: simulator.baseUrl, api_key: 'sk-mock' }));
  await created(
    admin.post('/v1/admin/models', {
      alias: 'mock',
      capabilities: ['text'],
      routes: [{ provider: 'mock', model: 'sluice-sim' }],
      max_output_tokens: 100_000,
      price: { mode: 'simple', input_price: '1', output_price: '2' },
    }),
  );
}

async function createUser(admin: Caller, url: string, credits: string): Promise<TestUser> {
  users += 1;
  const email = `user-${process.pid}-${users}@example.com`;
  const password = 'correct horse battery';
  const { body: user } = await created(admin.post('/v1/admin/users', { email, password }));
  const { body: session } = await created(admin.post('/v1/auth/login', { email, password }));
  const keyRequest = { name: 'test', scopes: ['jobs:read', 'jobs:write', 'account:read', 'account:write'] };
  const { body: key } = await created(createCaller(url, session.access_token).post('/v1/api-keys', keyRequest));
  if (credits !== '0') await created(admin.post('/v1/admin/orders', { user_id: user.id, amount: credits, note: 'test' }));
  return { id: user.id, key: key.secret, call: createCaller(url, key.secret) };
}

async function created<A extends { status: number; text: string }>(answer: Promise<A>): Promise<A> {
  const { status, text } = await answer;
  if (status !== 201 && status !== 200) throw new Error(`expected success, got ${status}: ${text}`);
  return answer;
}
