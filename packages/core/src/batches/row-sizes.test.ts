import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase } from '../../../../test/support/database.ts';
import { createDatabase, execute, sql, type Database } from '../database/index.ts';
import { createJobFixture } from '../jobs/job-life.fixture.ts';
import { submitJobs } from '../jobs/index.ts';
import { fittingRows } from './row-sizes.ts';

let db: Database;
let store: Awaited<ReturnType<typeof createTestDatabase>>;
beforeAll(async () => {
  store = await createTestDatabase();
  db = await createDatabase({ url: store.url });
});
afterAll(async () => {
  await db?.close();
  await store?.close();
});

test('a page of rows ends where their vectors would weigh too much, but has one', async () => {
  const fixture = await createJobFixture(db, 'sizes', '1000');
  const submitted = await submitJobs(
    db.em(),
    [1, 2, 3, 4].map(() => fixture.submission()),
  );
  const ids = submitted.map((result) => (result.type === 'accepted' ? result.job.id : ''));
  // About 32 kB each that cannot be compressed, but for the last, which is a chat.
  await execute(
    db.em(),
    sql`update jobs set kind = case when id = ${ids[3]} then 'text' else 'embedding' end,
          output = json_build_object('vectors', json_build_array((select string_agg(md5(n::text), '') from generate_series(1, 1000) as n)))`,
  );
  const rows = [...ids.map((jobId) => ({ jobId })), { jobId: null }];
  const lengthOf = async (bytesMax: number) => (await fittingRows(db.em(), rows, bytesMax)).length;
  expect(await lengthOf(1_000_000)).toBe(5);
  expect(await lengthOf(80_000)).toBe(2);
  expect(await lengthOf(1)).toBe(1);
  expect(await fittingRows(db.em(), [], 1)).toEqual([]);
});
