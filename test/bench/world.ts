import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClosers, createLogger, type Closers } from '@sluice/platform';
import { startPostgres } from '@sluice/postgres';
import { Redis } from 'ioredis';
import pg from 'pg';
import { startRedis } from '../support/start-redis.ts';
import { startBaseline, type Baseline } from './baseline.ts';
import { startChild } from './child.ts';
import { freePort } from './free-port.ts';
import { startSluice, type Sluice } from './sluice.ts';

/** What all sides run on: one PostgreSQL that really commits, one Redis, one provider. */
export interface World {
  providerUrl: string;
  databaseUrl: string;
  /** Runs a part of the benchmark on a new database and an empty Redis, with new processes. */
  act(name: string, part: (stage: Stage) => Promise<void>): Promise<void>;
}

export interface Stage {
  databaseUrl: string;
  baseline: Baseline;
  sluice: Sluice;
}

/** Answers at once, of every side: more than any number of streams that is measured. */
const concurrency = 1000;

export async function createWorld(closers: Closers): Promise<World> {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  closers.add('folder', () => rmSync(dir, { recursive: true, force: true }));
  const log = createLogger('warn', 'bench');
  const postgres = await startPostgres({ dataDir: join(dir, 'postgres'), log, onProgress: (message) => console.error(message) });
  closers.add('PostgreSQL', () => postgres.close());
  const redis = await startRedis();
  closers.add('Redis', () => redis.close());
  const providerUrl = await startProvider(closers);
  return {
    providerUrl,
    databaseUrl: postgres.url,
    async act(name, part) {
      console.error(name);
      const stageClosers = createClosers();
      try {
        await flush(redis.url);
        const databaseUrl = await createDatabase(postgres.url, name);
        const common = { redisUrl: redis.url, providerUrl, concurrency, closers: stageClosers };
        const baseline = await startBaseline(common);
        const sluice = await startSluice({ ...common, databaseUrl });
        await part({ databaseUrl, baseline, sluice });
      } finally {
        await stageClosers.closeAll();
      }
    },
  };
}

async function startProvider(closers: Closers): Promise<string> {
  const port = await freePort();
  const simulator = await startChild({ script: 'packages/providers/src/simulator/main.ts', args: [String(port)], closers });
  await simulator.says(/listens/);
  return `http://127.0.0.1:${port}/v1`;
}

async function createDatabase(adminUrl: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  await client.query(`create database "${name}"`);
  await client.end();
  const url = new URL(adminUrl);
  url.pathname = encodeURIComponent(name);
  return url.href;
}

async function flush(url: string): Promise<void> {
  const redis = new Redis(url);
  await redis.flushall();
  redis.disconnect();
}
