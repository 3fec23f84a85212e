import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from '@sluice/platform';
import { findBinaries } from './binaries.ts';
import { initCluster, openCluster, type Cluster } from './cluster.ts';
import { choosePort } from './free-port.ts';
import { joinServer, type Keeper } from './keeper.ts';
import { findPostmaster, isAlive, launchPostmaster, stopPostmaster, type Postmaster } from './postmaster.ts';
import { findRunAs } from './run-as.ts';

export interface StartPostgresOptions {
  /** A folder for PostgreSQL alone. Made when missing; whatever was in it before is there again. */
  dataDir: string;
  log: Logger;
  /** Told, as a sentence for people, before every step that can take longer than a second. */
  onProgress?: (message: string) => void;
  /** More server settings, by their name in postgresql.conf. They count only for the one who really starts the server. */
  settings?: Record<string, string>;
}

export interface Postgres {
  /** Of the database `sluice`, as superuser. */
  url: string;
  /** Stops the server, unless another process uses it too. */
  close(): Promise<void>;
}

const startWithinMs = 120_000;
const progressEveryMs = 5_000;
const launchesMax = 3;

/**
 * Runs the PostgreSQL that came with the dependencies, on 127.0.0.1 with a password of its own. It survives the death of this
 * process, and a server that is already running on the same data is joined. Works as root and as anybody else.
 * @throws Error with the last lines of the server's log
 */
export async function startPostgres({ dataDir, log, onProgress = () => {}, settings = {} }: StartPostgresOptions): Promise<Postgres> {
  const home = resolve(dataDir);
  const runAs = findRunAs(home);
  const cluster = openCluster(home, runAs, findBinaries(runAs, onProgress));
  await initCluster(cluster, onProgress);
  const { keeper, port } = await enter({ cluster, settings, log, onProgress });
  log.info({ port, dataDir: home }, 'PostgreSQL is ready');
  return {
    url: urlOf(cluster, port, 'sluice'),
    async close() {
      const isLast = await keeper.leave();
      const postmaster = findPostmaster(cluster);
      if (isLast && postmaster) await stopPostmaster(cluster, postmaster);
    },
  };
}

type Entry = Required<Pick<StartPostgresOptions, 'log' | 'onProgress' | 'settings'>> & { cluster: Cluster };

/**
 * Starts a server unless there is one, and tries to get in until it can: a connection is the only proof. A server may be stopping
 * under us, recovering from a crash, or be started by another process at this moment, and its port may have gone to somebody else.
 */
async function enter({ cluster, settings, log, onProgress }: Entry): Promise<{ keeper: Keeper; port: number }> {
  const deadline = Date.now() + startWithinMs;
  let progressAt = Date.now() + progressEveryMs;
  let launches = 0;
  let launched: Postmaster | null = null;
  for (;;) {
    const running: Postmaster | null = findPostmaster(cluster) ?? (launched && isAlive(cluster, launched.pid) ? launched : null);
    if (!running && launches === launchesMax) throw failure(cluster, 'the server ended at once');
    if (!running) launches += 1;
    const { port } = running ?? (launched = launchPostmaster(cluster, await choosePort(cluster.portFile), settings));
    try {
      const onLost = (error: Error) => log.error({ err: error }, 'the connection to PostgreSQL was lost');
      return { keeper: await joinServer(urlOf(cluster, port, 'postgres'), onLost), port };
    } catch (error) {
      if (isRefused(error) || Date.now() > deadline) throw failure(cluster, String(error));
      if (Date.now() > progressAt) onProgress(`waiting for PostgreSQL: ${String(error)}`);
      if (Date.now() > progressAt) progressAt += progressEveryMs;
    }
    await wait(30);
  }
}

/** Wrong password or user: waiting will not help. */
function isRefused(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('28');
}

function urlOf({ password }: Cluster, port: number, database: string): string {
  return `postgres://postgres:${password}@127.0.0.1:${port}/${database}`;
}

function failure({ dataDir, logFile }: Cluster, reason: string): Error {
  const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-15);
  return new Error(
    `PostgreSQL in ${dataDir} did not start: ${reason}\nThe last lines of ${logFile}:\n${lines.map((line) => `  ${line}`).join('\n')}`,
  );
}
