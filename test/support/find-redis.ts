import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';

const howTo = `The tests need a real Redis and there is none. Do one of these and run npm test again:
  Debian, Ubuntu   sudo apt-get install redis-server
  macOS            brew install redis
  anywhere         REDIS_URL=redis://127.0.0.1:6379 npm test      (Redis 7 or Valkey; the tests write to it under names of their own)`;

/** The program of a Redis or Valkey server; as root on Debian and Ubuntu it is installed when there is none. */
export function findRedis(onProgress: (message: string) => void): string {
  const found = which('redis-server', 'valkey-server');
  if (found) return found;
  if (process.getuid?.() !== 0 || !which('apt-get')) throw new Error(howTo);
  install(onProgress);
  const installed = which('redis-server');
  if (!installed) throw new Error(howTo);
  return installed;
}

function which(...names: string[]): string | null {
  for (const name of names) {
    for (const dir of [...(process.env.PATH ?? '').split(':'), '/usr/bin', '/usr/local/bin']) {
      if (dir && existsSync(`${dir}/${name}`)) return `${dir}/${name}`;
    }
  }
  return null;
}

/** The program only: the package also makes a system service, which must neither start now nor at the next boot. */
function install(onProgress: (message: string) => void): void {
  const policyFile = '/usr/sbin/policy-rc.d';
  const hadPolicy = existsSync(policyFile);
  if (!hadPolicy) writeFileSync(policyFile, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    onProgress('There is no Redis: fetching the package lists (apt-get update)');
    aptGet('update');
    onProgress('Installing redis-server for the tests (apt-get install redis-server)');
    aptGet('install', '--yes', '--no-install-recommends', 'redis-server');
  } catch (cause) {
    throw new Error(`${howTo}\nInstalling it here failed: ${String(cause)}`, { cause });
  } finally {
    if (!hadPolicy) rmSync(policyFile);
  }
  // Ends with a fault where systemd is installed but not running, as in a container; there is nothing to stop then.
  spawnSync('systemctl', ['disable', '--now', 'redis-server'], { stdio: 'ignore' });
}

function aptGet(...args: string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  execFileSync('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=300', ...args], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    maxBuffer: 2 ** 26,
  });
}
