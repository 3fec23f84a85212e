import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/database.ts';
import { createDatabase, execute, inTransaction, one, sql, type Database } from '../database/index.ts';
import { onceByKey, type CreateKey } from './once-by-key.ts';

const now = new Date('2026-11-20T12:00:00Z');
let store: TestDatabase;
let db: Database;
let made = 0;

beforeAll(async () => {
  store = await createTestDatabase();
  db = await createDatabase({ url: store.url, poolSize: 30 });
  await execute(db.em(), sql`insert into users (id, created_at) values ('usr_a', ${now}), ('usr_b', ${now})`);
});

afterAll(async () => {
  await db?.close();
  await store?.close();
});

function create(key: Partial<CreateKey>): Promise<{ objectId: string; isNew: boolean }> {
  const whole = { userId: 'usr_a', route: 'things', key: 'k', body: {}, ...key };
  return inTransaction(db.em(), (tx) => onceByKey(tx, whole, () => Promise.resolve(`thing_${(made += 1)}`)));
}

test('20 racing callers with one key make one object, and all get it', async () => {
  const created = await Promise.all(Array.from({ length: 20 }, () => create({ key: 'race', body: { a: 1 } })));
  expect(new Set(created.map(({ objectId }) => objectId)).size).toBe(1);
  expect(created.filter(({ isNew }) => isNew)).toHaveLength(1);
});

test('the order of the keys of a body makes no difference; another body is refused', async () => {
  const first = await create({ key: 'body', body: { a: { x: 1, y: [2, 1] }, b: 2 } });
  expect(await create({ key: 'body', body: { b: 2, a: { y: [2, 1], x: 1 } } })).toEqual({ ...first, isNew: false });
  await expect(create({ key: 'body', body: { a: { x: 1, y: [1, 2] }, b: 2 } })).rejects.toMatchObject({ code: 'idempotency_mismatch' });
});

test('a key means nothing for another user or on another route, and no key creates every time', async () => {
  const ids = [
    await create({ key: 'own' }),
    await create({ key: 'own', userId: 'usr_b' }),
    await create({ key: 'own', route: 'others' }),
    await create({ key: null }),
    await create({ key: null }),
  ].map(({ objectId }) => objectId);
  expect(new Set(ids).size).toBe(5);
});

test('a create that fails leaves the key unused', async () => {
  const failing = inTransaction(db.em(), (tx) =>
    onceByKey(tx, { userId: 'usr_a', route: 'things', key: 'fails', body: 1 }, () => Promise.reject(new Error('no credit'))),
  );
  await expect(failing).rejects.toThrow('no credit');
  const { rows } = await one<{ rows: number }>(db.em(), sql`select count(*)::int as rows from idempotency_keys where key = 'fails'`);
  expect(rows).toBe(0);
  expect(await create({ key: 'fails', body: 2 })).toMatchObject({ isNew: true });
});
