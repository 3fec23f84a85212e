import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { tie } from '../../infra/tie.mjs';
import { findRedis } from './find-redis.ts';
import { createTestFolder } from './folder.ts';

export interface RedisServer {
  url: string;
  close(): Promise<void>;
}

const startWithinMs = 20_000;

/** A Redis of one's own, for tests that flush, stop or kill it. It ends with this process at the latest. */
export async function startRedis(onProgress: (message: string) => void = () => {}): Promise<RedisServer> {
  const program = findRedis(onProgress);
  const folder = createTestFolder();
  const port = await freePort();
  const logFile = join(folder.path, 'redis.log');
  const settings = {
    port,
    bind: '127.0.0.1',
    dir: folder.path,
    logfile: logFile,
    save: '',
    appendonly: 'no',
    'maxmemory-policy': 'noeviction',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(program, args, { stdio: 'ignore', detached: true });
  child.unref();
  tie(child, { reach: 'process' });
  const close = async () => {
    child.ref();
    if (child.kill('SIGKILL')) await once(child, 'exit');
    await folder.close();
  };
  const url = `redis://127.0.0.1:${port}`;
  try {
    await checkRedis(url);
  } catch (cause) {
    const log = readFileSync(logFile, { encoding: 'utf8', flag: 'a+' });
    await close();
    throw new Error(`${program} did not start: ${String(cause)}\n${log}`, { cause });
  }
  return { url, close };
}

/** Waits until a Redis that is new enough answers. */
export async function checkRedis(url: string): Promise<void> {
  const redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: null, retryStrategy: () => 50 });
  let lastError = new Error('no answer');
  redis.on('error', (error: Error) => (lastError = error));
  try {
    const info = await Promise.race([redis.info('server'), wait(startWithinMs, null, { ref: false })]);
    if (info === null) throw lastError;
    const version = /redis_version:(\d+)/.exec(info)?.[1];
    if (Number(version) < 7) throw new Error(`the Redis at ${url} has version ${version}; Redis 7 or Valkey is needed`);
  } finally {
    redis.disconnect();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
