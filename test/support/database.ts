import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';

export interface TestDatabase {
  url: string;
  /** Drops it, whoever is still connected. */
  close(): Promise<void>;
}

/** Name of the migrated database that all test databases are copies of; nobody may connect to it. */
export const templateName = 'sluice_template';

/** An empty, migrated database of one's own; one for a test file is right. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const adminUrl = inject('databaseUrl');
  const name = `t_${randomBytes(6).toString('hex')}`;
  await runAsAdmin(adminUrl, `create database ${name} template ${templateName}`);
  const url = new URL(adminUrl);
  url.pathname = name;
  return { url: url.href, close: () => runAsAdmin(adminUrl, `drop database if exists ${name} with (force)`) };
}

/** One statement on a connection of its own. */
export async function runAsAdmin(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
