import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createLogger } from '@sluice/platform';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestFolder, type TestFolder } from '../../../test/support/folder.ts';
import { startPostgres, type Postgres } from './start-postgres.ts';

const log = createLogger('silent', 'test');
const isRoot = process.getuid?.() === 0;

let folder: TestFolder;
let dataDir: string;
const started: Postgres[] = [];

beforeEach(() => {
  folder = createTestFolder();
  dataDir = join(folder.path, 'deep', 'postgres');
});

afterEach(async () => {
  for (const postgres of started.splice(0)) await postgres.close();
  await folder.close();
});

async function start(settings: Record<string, string> = {}): Promise<Postgres> {
  const postgres = await startPostgres({ dataDir, log, settings });
  started.push(postgres);
  return postgres;
}

async function query<Row extends pg.QueryResultRow>({ url }: Postgres, statement: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(statement)).rows;
  } finally {
    await client.end();
  }
}

function postmasterPid(): number {
  return Number(readFileSync(join(dataDir, 'cluster', 'postmaster.pid'), 'utf8').split('\n')[0]);
}

async function isAcceptingConnections(postgres: Postgres): Promise<boolean> {
  return query(postgres, 'select').then(
    () => true,
    () => false,
  );
}

describe('startPostgres', () => {
  it('keeps rows and port over a restart', async () => {
    const first = await start();
    await query(first, "create table kept as select 'yes' as answer");
    await first.close();
    expect(await isAcceptingConnections(first)).toBe(false);
    const second = await start();
    expect(second.url).toBe(first.url);
    expect(await query(second, 'select answer from kept')).toEqual([{ answer: 'yes' }]);
  });

  it('stores every character and compares by code point, whatever the locale of this process', async () => {
    const [row] = await query(
      await start(),
      "select current_setting('server_encoding') as encoding, upper('é水') as upper, 'a' < 'B' as mixed",
    );
    expect(row).toEqual({ encoding: 'UTF8', upper: 'É水', mixed: false });
  });

  it('starts again, with all that was committed, after the server was killed', async () => {
    const first = await start();
    await query(first, 'create table kept as select 1 as one');
    process.kill(postmasterPid(), 'SIGKILL');
    const second = await start();
    expect(await query(second, 'select one from kept')).toEqual([{ one: 1 }]);
  });

  it.each([
    ['another process', 'exec sleep 60 & echo $!; exec sleep 60'],
    ['a zombie', 'true & echo $!; exec sleep 60'],
  ])('starts although the process number of the dead server belongs to %s', async (_whom, script) => {
    await (await start()).close();
    const parent = spawn('sh', ['-c', script], { cwd: '/', detached: true });
    const [pid] = (await once(parent.stdout.setEncoding('utf8'), 'data')) as [string];
    writeFileSync(
      join(dataDir, 'cluster', 'postmaster.pid'),
      `${pid.trim()}\n/somewhere\n1700000000\n5432\n\n127.0.0.1\n  1  1\nready   \n`,
    );
    try {
      expect(await isAcceptingConnections(await start())).toBe(true);
    } finally {
      process.kill(-Number(parent.pid), 'SIGKILL');
    }
  });

  it('joins a running server, which stays until its last user leaves', async () => {
    const [first, second] = await Promise.all([start(), start()]);
    expect(second.url).toBe(first.url);
    await first.close();
    expect(await isAcceptingConnections(second)).toBe(true);
    await second.close();
    expect(await isAcceptingConnections(second)).toBe(false);
  });

  it('survives the death of the process that started it, and is stopped by the next one', async () => {
    const script = `import { startPostgres } from '@sluice/postgres'; import { createLogger } from '@sluice/platform';
      await startPostgres({ dataDir: ${JSON.stringify(dataDir)}, log: createLogger('silent', 'test') }); process.kill(process.pid, 'SIGKILL');`;
    const testDir = join(import.meta.dirname, '../../../test');
    await once(spawn(process.execPath, ['--input-type=module', '--eval', script], { cwd: testDir }), 'exit');
    const pid = postmasterPid();
    const postgres = await start();
    expect(postmasterPid()).toBe(pid);
    await postgres.close();
    expect(await isAcceptingConnections(postgres)).toBe(false);
  });

  it('moves to another port when its own was taken meanwhile', async () => {
    const first = await start();
    await first.close();
    const port = Number(new URL(first.url).port);
    const squatter = createServer().listen(port, '127.0.0.1');
    await once(squatter, 'listening');
    const second = await start();
    expect(new URL(second.url).port).not.toBe(String(port));
    expect(await isAcceptingConnections(second)).toBe(true);
    squatter.close();
  });

  it('shows the last lines of the log when the server cannot start', async () => {
    await (await start()).close();
    appendFileSync(join(dataDir, 'cluster', 'postgresql.conf'), 'no_such_setting = 1\n');
    await expect(start()).rejects.toThrow(/unrecognized configuration parameter "no_such_setting"/);
  });

  it('lets nobody else read password and data', async () => {
    await start();
    expect(statSync(dataDir).mode & 0o077).toBe(0);
    expect(statSync(join(dataDir, 'password')).mode & 0o077).toBe(0);
  });

  it.runIf(isRoot)('works below a folder that only root may enter', async () => {
    const closedDir = join(folder.path, 'closed');
    mkdirSync(closedDir, { mode: 0o700 });
    dataDir = join(closedDir, 'a-rather-long-name-as-they-come-up-in-build-machines'.repeat(3), 'postgres');
    const first = await start();
    await query(first, 'create table kept as select 1 as one; checkpoint');
    await first.close();
    expect(await query(await start(), 'select one from kept')).toEqual([{ one: 1 }]);
  });
});
