import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, readlinkSync, realpathSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { dirForPostgres, postgresEnv, type Cluster } from './cluster.ts';

/** The main process of a PostgreSQL. */
export interface Postmaster {
  pid: number;
  port: number;
}

/** Settings of every cluster of ours; `-c` wins over the files. Sockets are off: their paths are too short for deep folders. */
const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  log_checkpoints: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

const logBytesMax = 10 * 1024 * 1024;
const stopWithinMs = 60_000;

/** The one that runs on this cluster, whoever started it. */
export function findPostmaster(cluster: Cluster): Postmaster | null {
  const [pid, , , port] = readPidFile(cluster);
  return isAlive(cluster, Number(pid)) ? { pid: Number(pid), port: Number(port) } : null;
}

/**
 * Starts one in a session of its own: Ctrl-C must not reach it while those who write to it still finish. Returns before it takes
 * connections.
 */
export function launchPostmaster(cluster: Cluster, port: number, extraSettings: Record<string, string>): Postmaster {
  forgetDead(cluster);
  const args = Object.entries({ ...settings, ...extraSettings }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const log = openLog(cluster.logFile);
  const child = spawn(join(cluster.binariesDir, 'bin', 'postgres'), ['-D', dirForPostgres(cluster), '-p', String(port), ...args], {
    ...cluster.runAs,
    cwd: cluster.clusterDir,
    env: postgresEnv,
    detached: true,
    stdio: ['ignore', log, log],
  });
  child.on('error', () => {});
  child.unref();
  closeSync(log);
  return { pid: child.pid ?? 0, port };
}

/** Stops it as `pg_ctl stop -m fast` does, and returns when it is gone. */
export async function stopPostmaster(cluster: Cluster, { pid }: Postmaster): Promise<void> {
  const deadline = Date.now() + stopWithinMs;
  for (let signal: NodeJS.Signals | 0 = 'SIGINT'; isAlive(cluster, pid); signal = 0) {
    send(pid, Date.now() > deadline ? 'SIGQUIT' : signal);
    await wait(20);
  }
}

/**
 * Whether `pid` is a process that works in this cluster. A number alone proves nothing: after a crash it may belong to a zombie
 * that nobody reaps (in a container), or to somebody else by now.
 */
export function isAlive({ clusterDir }: Cluster, pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    if (process.platform !== 'linux') return process.kill(pid, 0);
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(clusterDir);
  } catch {
    return false;
  }
}

/**
 * PostgreSQL refuses to start when the process in postmaster.pid exists, even as a zombie. The file must stay: its last line is how
 * a new server notices processes of the dead one that still write. So only the number goes, for one that no process can have.
 */
function forgetDead(cluster: Cluster): void {
  const [pid, ...lines] = readPidFile(cluster);
  if (!send(Number(pid), 0) || isAlive(cluster, Number(pid))) return;
  writeFileSync(pidFile(cluster), ['2147483647', ...lines].join('\n'));
}

/** False when there is no such process. */
function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return pid > 0 && process.kill(pid, signal);
  } catch {
    return false;
  }
}

function readPidFile(cluster: Cluster): string[] {
  return existsSync(pidFile(cluster)) ? readFileSync(pidFile(cluster), 'utf8').split('\n') : [];
}

function pidFile({ clusterDir }: Cluster): string {
  return join(clusterDir, 'postmaster.pid');
}

function openLog(logFile: string): number {
  const bytes = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  if (bytes > logBytesMax) renameSync(logFile, `${logFile}.1`);
  return openSync(logFile, 'a', 0o600);
}
