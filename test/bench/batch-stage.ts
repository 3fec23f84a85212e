import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, type Closers } from '@sluice/platform';
import { startPostgres } from '@sluice/postgres';
import { OpenAI } from 'openai';
import { startRedis } from '../support/start-redis.ts';
import { startChild, type Child } from './child.ts';
import { freePort } from './free-port.ts';

export type Role = 'api' | 'worker' | 'billing';
export const roleNames: Role[] = ['api', 'worker', 'billing'];

const apiKey = `sk-${'b'.repeat(32)}`;

/** The product as three processes, and a provider that answers so many questions at once. */
export interface BatchStage {
  /** The provider's address, with `/v1`. */
  providerUrl: string;
  /** Where input files are written. */
  folder: string;
  /** The user of the batches. */
  sdk: OpenAI;
  /** Somebody else, who asks questions of their own meanwhile. */
  neighbour: OpenAI;
  call(path: string, body?: unknown): Promise<unknown>;
  /** The processes as they are now. */
  roles: Record<Role, Child>;
  /** Kills a process, as a crash does, and starts another. */
  restart(role: Role): Promise<void>;
}

/** `places` are for batches: they get four fifths of all, the rest is kept for questions that somebody waits for. */
export async function startBatchStage(closers: Closers, places: number): Promise<BatchStage> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-batches-'));
  closers.add('folder', () => rmSync(folder, { recursive: true, force: true }));
  const all = Math.ceil(places / 0.8);
  const providerUrl = await startProvider(closers, all);
  const port = await freePort();
  const env = {
    ...(await startStores(closers, folder)),
    DATA_DIR: folder,
    PORT: String(port),
    SECRET_KEY: 'k'.repeat(40),
    ADMIN_EMAIL: 'bench@example.com',
    ADMIN_API_KEY: apiKey,
    WORKER_CONCURRENCY: String(all),
    LOG_LEVEL: 'warn',
  };
  const start = async (role: Role) => {
    const child = await startChild({ script: `apps/${role}/src/main.ts`, env, closers });
    if (role === 'api') await child.says(/sluice ready/);
    return child;
  };
  const roles = { api: await start('api'), worker: await start('worker'), billing: await start('billing') };
  const origin = `http://127.0.0.1:${port}`;
  const call = createCall(origin);
  const token = await setUp(call, providerUrl);
  const client = (key: string) => new OpenAI({ baseURL: `${origin}/v1`, apiKey: key, maxRetries: 8 });
  return {
    providerUrl,
    folder,
    sdk: client(apiKey),
    neighbour: client(token),
    call,
    roles,
    async restart(role) {
      await roles[role].kill();
      roles[role] = await start(role);
    },
  };
}

async function startProvider(closers: Closers, places: number): Promise<string> {
  const port = await freePort();
  const simulator = await startChild({ script: 'packages/providers/src/simulator/main.ts', args: [String(port)], closers });
  await simulator.says(/listens/);
  await fetch(`http://127.0.0.1:${port}/sim/faults`, { method: 'POST', body: JSON.stringify({ concurrency: places }) });
  return `http://127.0.0.1:${port}/v1`;
}

async function startStores(closers: Closers, folder: string): Promise<{ DATABASE_URL: string; REDIS_URL: string }> {
  const log = createLogger('warn', 'bench');
  const postgres = await startPostgres({ dataDir: join(folder, 'postgres'), log, onProgress: (message) => console.error(message) });
  closers.add('PostgreSQL', () => postgres.close());
  const redis = await startRedis();
  closers.add('Redis', () => redis.close());
  return { DATABASE_URL: postgres.url, REDIS_URL: redis.url };
}

function createCall(origin: string): BatchStage['call'] {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` };
  return async (path, body) => {
    const response = await fetch(origin + path, body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return response.json();
  };
}

/** A provider, a model, credits; answers the token of a second user. */
async function setUp(call: BatchStage['call'], providerUrl: string): Promise<string> {
  await call('/v1/admin/providers', { name: 'bench', base_url: providerUrl, api_key: 'sk-bench' });
  const price = { mode: 'simple', input_price: '0.01', output_price: '0.02' };
  await call('/v1/admin/models', { alias: 'bench', routes: [{ provider: 'bench', model: 'sluice-sim' }], price });
  const { user } = (await call('/v1/me')) as { user: { id: string } };
  const login = { email: 'neighbour@example.com', password: 'correct horse battery' };
  const { id } = (await call('/v1/admin/users', login)) as { id: string };
  for (const userId of [user.id, id]) await call('/v1/admin/orders', { user_id: userId, amount: '1000000000', note: 'benchmark' });
  return ((await call('/v1/auth/login', login)) as { access_token: string }).access_token;
}
