import { AppConfigError } from '@sluice/platform';
import { expect, test } from 'vitest';
import { createTestDatabase } from '../../../../test/support/database.ts';
import { createDatabase } from './database.ts';

/** How a process that starts on this database is told no. */
async function refusal(url: string): Promise<unknown> {
  const db = await createDatabase({ url });
  const error = await db.migrate().catch((thrown: unknown) => thrown);
  await db.close();
  return error;
}

test('a start without its database says which setting is to blame, and shows no password', async () => {
  const database = await createTestDatabase();
  const missing = new URL(database.url);
  missing.pathname = '/nothing_here';
  missing.password ||= 'geheim';
  const [away, unknown] = await Promise.all([refusal('postgres://sluice:geheim@127.0.0.1:1/sluice'), refusal(missing.href)]);
  await database.close();
  for (const error of [away, unknown]) expect(error).toBeInstanceOf(AppConfigError);
  expect(String(away)).toMatch(/DATABASE_URL: PostgreSQL at 127\.0\.0\.1:1 cannot be used: .*ECONNREFUSED/);
  expect(String(unknown)).toMatch(/DATABASE_URL: .*database "nothing_here" does not exist/);
  expect(String(away) + String(unknown)).not.toContain('geheim');
});
