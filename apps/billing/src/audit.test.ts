import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDatabase, execute, sql } from '@sluice/core';
import { createLogger } from '@sluice/platform';
import { startPostgres } from '@sluice/postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';

let database: TestDatabase;
let dataDir: string;
beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = mkdtempSync(join(tmpdir(), 'sluice-audit-'));
});
afterAll(async () => {
  await database?.close();
  rmSync(dataDir, { recursive: true, force: true });
});

interface Run {
  code: number;
  output: string;
  errors: string;
}

/** Runs the command as `npm run audit` does, with nothing in its environment but this. */
function audit(env: Record<string, string>): Promise<Run> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [join(import.meta.dirname, 'audit.ts')],
      { env: { PATH: process.env['PATH'], ...env } },
      (_error, output, errors) => resolve({ code: child.exitCode ?? -1, output, errors }),
    );
  });
}

test('a sound database is said to be sound', async () => {
  const { code, output, errors } = await audit({ DATABASE_URL: database.url });
  expect([code, errors]).toEqual([0, '']);
  expect(output).toMatch(/^ {7}0 {2}I1 {3}A wallet's balance/);
  expect(output).toMatch(/\d+ invariants hold\n$/);
});

test('a finding is shown and is the exit code', async () => {
  const db = await createDatabase({ url: database.url });
  await execute(db.em(), sql`insert into users (id) values ('usr_1')`);
  await execute(db.em(), sql`insert into wallets (user_id, balance) values ('usr_1', 5)`);
  await db.close();
  const { code, output } = await audit({ DATABASE_URL: database.url });
  expect(code).toBe(1);
  expect(output).toContain('usr_1: balance 5.0000, transfers 0\n');
  expect(output).toMatch(/\n1 finding\n$/);
});

test('the embedded database is found in DATA_DIR, also when nothing runs', async () => {
  const postgres = await startPostgres({ dataDir: join(dataDir, 'postgres'), log: createLogger('silent', 'test') });
  const db = await createDatabase({ url: postgres.url });
  await db.migrate();
  const running = await audit({ DATA_DIR: dataDir });
  await db.close();
  await postgres.close();
  const stopped = await audit({ DATA_DIR: dataDir });
  expect([running.code, stopped.code, running.errors]).toEqual([0, 0, '']);
  expect(stopped.output).toBe(running.output);
});

test('where there is no database, none is made, and the command says what to do', async () => {
  const { code, errors } = await audit({ DATA_DIR: join(dataDir, 'nothing') });
  expect(code).toBe(2);
  expect(errors).toContain('start Sluice once, or set DATABASE_URL');
  expect((await audit({ DATABASE_URL: 'mysql://x' })).code).toBe(2);
});
