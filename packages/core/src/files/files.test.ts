import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/database.ts';
import { createDatabase, execute, sql, type Database } from '../database/index.ts';
import { completeFile, deleteFile, dropFile, findRemovableFiles, forgetFiles, getFile, listFiles, reserveFile } from './index.ts';

let store: TestDatabase;
let db: Database;

beforeAll(async () => {
  store = await createTestDatabase();
  db = await createDatabase({ url: store.url });
  await execute(db.em(), sql`insert into users (id) values ('usr_a'), ('usr_b')`);
});
afterAll(async () => {
  await db?.close();
  await store?.close();
});

async function storeFile(filename: string, { userId = 'usr_a', expiresInS = null as number | null } = {}): Promise<string> {
  const id = await reserveFile(db.em(), userId, new Date());
  await completeFile(db.em(), { id, purpose: 'batch', filename, bytes: 5_000_000_000, expiresInS });
  return id;
}

const query = { limit: 10, order: 'desc' as const };

test('nobody sees a file before its content is whole, or one of somebody else', async () => {
  const reserved = await reserveFile(db.em(), 'usr_a', new Date());
  await expect(getFile(db.em(), { fileId: reserved, userId: 'usr_a' })).rejects.toMatchObject({
    code: 'not_found',
    message: `No such File object: ${reserved}`,
    param: 'id',
  });
  const id = await storeFile('a.jsonl');
  expect(await getFile(db.em(), { fileId: id, userId: 'usr_a' })).toMatchObject({
    filename: 'a.jsonl',
    bytes: 5_000_000_000,
    expiresAt: null,
  });
  for (const use of [getFile, deleteFile])
    await expect(use(db.em(), { fileId: id, userId: 'usr_b' })).rejects.toMatchObject({ code: 'not_found' });
});

test('a list pages in both directions, also from a file that was deleted meanwhile', async () => {
  const ids = [
    await storeFile('1', { userId: 'usr_b' }),
    await storeFile('2', { userId: 'usr_b' }),
    await storeFile('3', { userId: 'usr_b' }),
  ];
  const listed = async (more: object) => (await listFiles(db.em(), 'usr_b', { ...query, ...more })).map(({ filename }) => filename);
  expect(await listed({})).toEqual(['3', '2', '1']);
  expect(await listed({ order: 'asc', limit: 1 })).toEqual(['1', '2']);
  await deleteFile(db.em(), { fileId: ids[1] as string, userId: 'usr_b' });
  expect(await listed({ after: ids[1] })).toEqual(['1']);
  expect(await listed({ after: ids[1], order: 'asc' })).toEqual(['3']);
  expect(await listed({ purpose: 'vision' })).toEqual([]);
  await expect(listed({ after: 'file-none' })).rejects.toMatchObject({ code: 'invalid_request', param: 'after' });
});

test('what is deleted, expired or was never finished goes, but not under a batch that reads it', async () => {
  const kept = await storeFile('kept');
  const deleted = await storeFile('deleted');
  const expired = await storeFile('expired', { expiresInS: 3600 });
  const dropped = await reserveFile(db.em(), 'usr_a', new Date());
  const abandoned = await reserveFile(db.em(), 'usr_a', new Date());
  await deleteFile(db.em(), { fileId: deleted, userId: 'usr_a' });
  await dropFile(db.em(), dropped);
  await execute(db.em(), sql`update files set expires_at = now() where id = ${expired}`);
  await execute(db.em(), sql`update files set created_at = now() - interval '25 hours' where id = ${abandoned}`);
  await execute(
    db.em(),
    sql`insert into batches (id, user_id, endpoint, input_file_id, window_s, metadata, created_at, expires_at)
        values ('batch_reads', 'usr_a', '/v1/jobs', ${deleted}, 3600, '{}', now(), now() + interval '1 hour')`,
  );
  await expect(getFile(db.em(), { fileId: expired, userId: 'usr_a' })).rejects.toMatchObject({ code: 'not_found' });
  const removable = await findRemovableFiles(db.em(), 100);
  expect(removable).toEqual(expect.arrayContaining([expired, dropped, abandoned]));
  expect(removable).not.toEqual(expect.arrayContaining([deleted]));
  await forgetFiles(db.em(), removable);

  await execute(db.em(), sql`update batches set phase = null, status = 'cancelled' where id = 'batch_reads'`);
  expect(await findRemovableFiles(db.em(), 100)).toEqual([deleted]);
  expect(await getFile(db.em(), { fileId: kept, userId: 'usr_a' })).toMatchObject({ filename: 'kept' });
});
