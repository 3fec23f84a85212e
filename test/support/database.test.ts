import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { createTestDatabase } from './database.ts';

async function countJobs(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ count: number }>('select count(*)::int as count from jobs');
    return rows[0]?.count ?? -1;
  } finally {
    await client.end();
  }
}

describe('createTestDatabase', () => {
  it('gives every caller a migrated database of its own, also when many ask at once', async () => {
    const databases = await Promise.all(Array.from({ length: 5 }, createTestDatabase));
    try {
      expect(new Set(databases.map(({ url }) => url)).size).toBe(5);
      for (const { url } of databases) expect(await countJobs(url)).toBe(0);
    } finally {
      for (const database of databases) await database.close();
    }
  });

  it('leaves nothing behind, even when somebody is still connected', async () => {
    const database = await createTestDatabase();
    const client = new pg.Client({ connectionString: database.url });
    client.on('error', () => {});
    await client.connect();
    await database.close();
    await expect(countJobs(database.url)).rejects.toThrow(/does not exist/);
  });
});
