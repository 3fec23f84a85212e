import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, type Closers } from '@sluice/platform';
import { startPostgres } from '@sluice/postgres';
import { startSimulator, type Simulator } from '@sluice/providers';
import { Redis } from 'ioredis';
import { createCaller, type Caller } from '../../routes/caller.ts';
import { startRole, type RoleName, type RoleProcess } from '../../support/role-process.ts';
import { startRedis } from '../../support/start-redis.ts';

/** The distributed shape with four workers, on a PostgreSQL and a Redis of its own; only the providers are fakes, on real sockets. */
export interface FaultStage {
  admin: Caller;
  user: { call: Caller };
  /** The provider of most scenarios, and a second one. */
  simulator: Simulator;
  elsewhere: Simulator;
  redis: Redis;
  prefix: string;
  workers: Map<string, RoleProcess>;
  startWorker(name: string): Promise<void>;
}

const prefix = 'faults';
export const timeoutS = 3;

export async function createFaultStage(closers: Closers): Promise<FaultStage> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-faults-'));
  closers.add('folder', () => rmSync(folder, { recursive: true, force: true }));
  const log = createLogger('warn', 'bench');
  const postgres = await startPostgres({ dataDir: join(folder, 'postgres'), log, onProgress: (message) => console.error(message) });
  closers.add('PostgreSQL', () => postgres.close());
  const server = await startRedis();
  closers.add('Redis', () => server.close());
  const redis = new Redis(server.url);
  closers.add('Redis connection', () => redis.disconnect());
  const [simulator, elsewhere] = [await startSimulator(), await startSimulator()];
  closers.add('simulators', () => Promise.all([simulator.close(), elsewhere.close()]));

  const apiKey = `sk-${'f'.repeat(32)}`;
  const env = {
    DATABASE_URL: postgres.url,
    REDIS_URL: server.url,
    REDIS_PREFIX: prefix,
    DATA_DIR: folder,
    PORT: '0',
    SECRET_KEY: 'k'.repeat(40),
    ADMIN_EMAIL: 'bench@example.com',
    ADMIN_API_KEY: apiKey,
    PROVIDER_FIRST_TOKEN_S: String(timeoutS),
    PROVIDER_IDLE_S: String(timeoutS),
    LOG_LEVEL: 'error',
  };
  const start = async (role: RoleName): Promise<RoleProcess> => {
    const started = await startRole(role, env);
    closers.add(role, () => (started.isRunning() ? started.end('SIGTERM') : null));
    return started;
  };
  const api = await start('api');
  await start('billing');
  const workers = new Map<string, RoleProcess>();
  const startWorker = async (name: string) => void workers.set(name, await start('worker'));
  for (const name of ['worker-1', 'worker-2', 'worker-3', 'worker-4']) await startWorker(name);

  const admin = createCaller(api.url, apiKey);
  const { body } = await admin.get('/v1/me');
  await admin.post('/v1/admin/orders', { user_id: (body['user'] as { id: string }).id, amount: '100000000', note: 'benchmark' });
  return { admin, user: { call: admin }, simulator, elsewhere, redis, prefix, workers, startWorker };
}
