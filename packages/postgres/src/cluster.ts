import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, linkSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RunAs } from './run-as.ts';

/** Where a PostgreSQL keeps its things, and as whom it runs. */
export interface Cluster {
  runAs: RunAs;
  binariesDir: string;
  /** All that follows lies in here; it belongs to the user PostgreSQL runs as and nobody else may look in. */
  dataDir: string;
  clusterDir: string;
  logFile: string;
  portFile: string;
  password: string;
}

/**
 * Root may keep the data where PostgreSQL's user cannot walk to. The kernel puts a process into a folder before it changes its
 * user, and from then on this name leads there whatever the folders above allow.
 */
export function dirForPostgres({ runAs, clusterDir }: Cluster): string {
  return 'uid' in runAs && process.platform === 'linux' ? '/proc/self/cwd' : clusterDir;
}

/** Nothing of our environment reaches PostgreSQL: a locale, PGDATA or PGPORT there would change what it does. */
export const postgresEnv = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };

/** Describes the cluster in `dataDir` and makes folder and password when they are not there yet. */
export function openCluster(dataDir: string, runAs: RunAs, binariesDir: string): Cluster {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  give(dataDir, runAs);
  return {
    runAs,
    binariesDir,
    dataDir,
    clusterDir: join(dataDir, 'cluster'),
    logFile: join(dataDir, 'postgres.log'),
    portFile: join(dataDir, 'port'),
    password: readPassword(join(dataDir, 'password'), runAs),
  };
}

/** Initialises the cluster unless that has been done. It is there complete or not at all, whenever this process ends. */
export async function initCluster(cluster: Cluster, onProgress: (message: string) => void): Promise<void> {
  if (existsSync(cluster.clusterDir)) return;
  onProgress('setting up a new PostgreSQL database');
  const draftDir = mkdtempSync(join(cluster.dataDir, 'new-'));
  give(draftDir, cluster.runAs);
  const draft = { ...cluster, clusterDir: draftDir };
  try {
    await runInitdb(draft);
    if (!existsSync(cluster.clusterDir)) renameSync(draftDir, cluster.clusterDir);
  } finally {
    rmSync(draftDir, { recursive: true, force: true });
  }
}

/** PostgreSQL's own C.UTF-8 sorts and compares alike on every system, unlike the locales of the system. */
async function runInitdb(cluster: Cluster): Promise<void> {
  const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
  const access = ['--username=postgres', '--auth=scram-sha-256', '--pwfile=../password'];
  const args = ['-D', dirForPostgres(cluster), ...access, ...locale];
  const options = { ...cluster.runAs, cwd: cluster.clusterDir, env: { ...postgresEnv, TZ: 'UTC' } };
  await promisify(execFile)(join(cluster.binariesDir, 'bin', 'initdb'), args, options);
}

/** Two processes may come here at once; both go on with the password of the first. */
function readPassword(file: string, runAs: RunAs): string {
  if (!existsSync(file)) {
    const draft = `${file}-${randomBytes(6).toString('hex')}`;
    writeFileSync(draft, randomBytes(24).toString('base64url'), { mode: 0o600 });
    give(draft, runAs);
    if (!existsSync(file)) linkSync(draft, file);
    rmSync(draft);
  }
  return readFileSync(file, 'utf8').trim();
}

function give(path: string, runAs: RunAs): void {
  if ('uid' in runAs) chownSync(path, runAs.uid, runAs.gid);
}
