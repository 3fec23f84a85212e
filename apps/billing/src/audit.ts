import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createDatabase, execute, runAudit, sql } from '@sluice/core';
import { AppConfigError, createClosers, createLogger, readSettings, type Closers, type Settings } from '@sluice/platform';
import { startPostgres } from '@sluice/postgres';
import { renderAudit } from './render-audit.ts';

/**
 * `npm run audit`: checks the rows of DATABASE_URL, else of the embedded PostgreSQL in DATA_DIR, while the service runs or not.
 * Reads only. Exit code 0: sound; 1: findings; 2: there is nothing to look at, or it could not be looked at.
 */
const closers = createClosers();
try {
  process.exitCode = await audit(readSettings('standalone'), closers);
} catch (error) {
  console.error(error instanceof AppConfigError ? error.message : error);
  process.exitCode = 2;
} finally {
  await closers.closeAll();
}

async function audit(settings: Settings, closers: Closers): Promise<number> {
  const db = await createDatabase({
    url: settings.DATABASE_URL ?? (await startOwnPostgres(settings, closers)),
    poolSize: 1,
    applicationName: 'sluice audit',
  });
  closers.add('database', () => db.close());
  // One snapshot for all, so that a finding can be looked up again in the others' light; and as long as it takes.
  const report = await db.em().transactional(
    async (tx) => {
      await execute(tx, sql`set local statement_timeout = 0`);
      return runAudit(tx, { recomputeNewest: Infinity });
    },
    { isolationLevel: 'repeatable read', readOnly: true },
  );
  process.stdout.write(renderAudit(report));
  return report.findings === 0 ? 0 : 1;
}

async function startOwnPostgres({ DATA_DIR, LOG_LEVEL }: Settings, closers: Closers): Promise<string> {
  const dataDir = join(DATA_DIR, 'postgres');
  if (!existsSync(dataDir))
    throw new AppConfigError([`DATA_DIR: there is no database in ${dataDir}; start Sluice once, or set DATABASE_URL`]);
  const log = createLogger(LOG_LEVEL === 'info' ? 'warn' : LOG_LEVEL, 'audit');
  const postgres = await startPostgres({ dataDir, log, onProgress: (message) => console.error(message) });
  closers.add('PostgreSQL', () => postgres.close());
  return postgres.url;
}
