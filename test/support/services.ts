import { once } from 'node:events';
import { join } from 'node:path';
import { createDatabase } from '@sluice/core';
import { createClosers, createLogger } from '@sluice/platform';
import { startPostgres } from '@sluice/postgres';
import { runAsAdmin, templateName } from './database.ts';
import { createTestFolder } from './folder.ts';
import { checkRedis, startRedis } from './start-redis.ts';

/*
 * A program that runs PostgreSQL and Redis for one run of the tests. It writes one line of JSON when they are ready and stops
 * everything when its standard input ends. The kernel closes that when the test runner is gone, also after a crash or SIGKILL, so
 * nothing stays behind. It is started in a session of its own, so that Ctrl-C reaches only the test runner.
 */
const closers = createClosers();
const log = createLogger('warn', 'test');
const onProgress = (message: string) => console.error(message);

async function startDatabase(): Promise<string> {
  const folder = createTestFolder();
  closers.add('folder', folder.close);
  const settings = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', max_connections: '400' };
  const postgres = await startPostgres({ dataDir: join(folder.path, 'postgres'), log, settings });
  closers.add('PostgreSQL', postgres.close);
  await createTemplate(postgres.url);
  return postgres.url;
}

async function createTemplate(adminUrl: string): Promise<void> {
  await runAsAdmin(adminUrl, `create database ${templateName}`);
  const url = new URL(adminUrl);
  url.pathname = templateName;
  const database = await createDatabase({ url: url.href, poolSize: 2 });
  await database.migrate();
  await database.close();
  await runAsAdmin(adminUrl, `alter database ${templateName} with allow_connections false`);
}

async function findRedisUrl(): Promise<string> {
  const given = process.env.REDIS_URL;
  if (given) return checkRedis(given).then(() => given);
  const redis = await startRedis(onProgress);
  closers.add('Redis', redis.close);
  return redis.url;
}

async function serve(): Promise<void> {
  const [databaseUrl, redisUrl] = await Promise.all([startDatabase(), findRedisUrl()]);
  console.log(JSON.stringify({ databaseUrl, redisUrl }));
  await Promise.race([once(process.stdin.resume(), 'end'), once(process, 'SIGTERM'), once(process, 'SIGINT')]);
}

try {
  await serve();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await closers.closeAll();
}
process.exit();
