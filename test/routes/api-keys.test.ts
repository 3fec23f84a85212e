import { execute, sql } from '@sluice/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Caller } from './caller.ts';
import { startTestApi, type TestApi } from './test-api.ts';

let api: TestApi;
let ada: Caller;
let bob: Caller;

beforeAll(async () => {
  api = await startTestApi();
  ada = (await api.user('ada@example.com')).caller;
  bob = (await api.user('bob@example.com')).caller;
});
afterAll(() => api?.close());

const make = (caller: Caller, body: object, headers = {}) => caller.post('/v1/api-keys', body, { headers });

test('a key is shown once, works, and is stored as a hash of at least 160 random bits', async () => {
  const { status, body: key } = await make(ada, { name: 'script' });
  expect(status).toBe(201);
  expect(key.secret).toMatch(/^sk-[A-Za-z0-9_-]{32,}$/);
  expect(key).toMatchObject({
    object: 'api_key',
    name: 'script',
    last_four: key.secret.slice(-4),
    requests_per_minute: null,
    expires_at: null,
    last_used_at: null,
  });
  expect(key['scopes']).toEqual(['jobs:read', 'jobs:write', 'account:read']);
  expect((await api.as(key.secret).get('/v1/me')).status).toBe(200);
  const { text, body: list } = await ada.get('/v1/api-keys');
  expect(text).not.toContain(key.secret);
  expect(list.data.find(({ id }) => id === key.id)?.['last_used_at']).not.toBeNull();
  const rows = await execute<{ row: string }>(api.db.em(), sql`select api_keys::text as row from api_keys`);
  expect(rows.map(({ row }) => row).join()).not.toContain(key.secret);
});

test('the same Idempotency-Key makes one key and shows its secret once; with another body it is refused', async () => {
  const headers = { 'idempotency-key': 'make-1' };
  const first = await make(ada, { name: 'once' }, headers);
  const second = await make(ada, { name: 'once' }, headers);
  expect(second.body).toEqual({ ...first.body, secret: null });
  const other = await make(ada, { name: 'twice' }, headers);
  expect([other.status, other.body.error.code, other.headers.get('x-should-retry')]).toEqual([422, 'idempotency_mismatch', 'false']);
  expect((await make(bob, { name: 'bob' }, headers)).body.id).not.toBe(first.body.id);
  expect((await make(ada, { name: 'bad' }, { 'idempotency-key': 'x'.repeat(256) })).body.error.param).toBe('Idempotency-Key');
});

test("somebody else's key answers as one that does not exist", async () => {
  const { body: key } = await make(ada, { name: 'mine' });
  const foreign = await bob.delete(`/v1/api-keys/${key.id}`);
  const missing = await bob.delete('/v1/api-keys/key_00000000000000000000000000');
  expect(foreign.status).toBe(404);
  expect({ ...foreign.body, request_id: '' }).toEqual({ ...missing.body, request_id: '' });
  expect((await bob.get(`/v1/api-keys?after=${key.id}`)).body.error.param).toBe('after');
  expect((await api.as(key.secret).get('/v1/me')).status).toBe(200);
});

test('a key is deleted once', async () => {
  const { body: key } = await make(ada, { name: 'short-lived' });
  expect((await ada.delete(`/v1/api-keys/${key.id}`)).body).toEqual({ id: key.id, object: 'api_key', deleted: true });
  expect((await ada.delete(`/v1/api-keys/${key.id}`)).status).toBe(404);
  expect((await ada.get('/v1/api-keys')).text).not.toContain(key.id);
});

test('a key does what its scopes say, whatever its user may', async () => {
  const { body: reader } = await make(ada, { name: 'reader', scopes: ['account:read'] });
  const caller = api.as(reader.secret);
  expect((await caller.get('/v1/me')).status).toBe(200);
  for (const denied of [
    await make(caller, { name: 'more' }),
    await caller.delete(`/v1/api-keys/${reader.id}`),
    await caller.get('/v1/jobs'),
    await caller.post('/v1/jobs', {}),
  ]) {
    expect([denied.status, denied.body.error.code]).toEqual([403, 'forbidden']);
  }
});

test('nobody gives a key more than they have, and an administrator’s narrow key is no administrator', async () => {
  const { body: keeper } = await make(ada, { name: 'keeper', scopes: ['account:write', 'account:read'] });
  expect((await make(api.as(keeper.secret), { name: 'wider', scopes: ['jobs:write'] })).body.error).toMatchObject({
    code: 'forbidden',
    param: 'scopes',
  });
  expect((await make(ada, { name: 'admin', scopes: ['admin:write'] })).body.error.code).toBe('forbidden');
  const { body: narrow } = await make(api.admin, { name: 'narrow', scopes: ['admin:read'] });
  expect((await api.as(narrow.secret).get('/v1/admin/users')).status).toBe(200);
  expect((await api.as(narrow.secret).post('/v1/admin/users', { email: 'x@example.com' })).body.error.code).toBe('forbidden');
});

test('a key past its expiry is refused, and cannot be made', async () => {
  const soon = new Date(api.clock.now().getTime() + 60_000).toISOString();
  const { body: key } = await make(ada, { name: 'a minute', expires_at: soon });
  expect((await api.as(key.secret).get('/v1/me')).status).toBe(200);
  api.clock.forward(60_000);
  expect((await api.as(key.secret).get('/v1/me')).status).toBe(401);
  expect((await make(ada, { name: 'too late', expires_at: soon })).body.error.param).toBe('expires_at');
});

test('a key is held to its requests a minute, and says when to come back', async () => {
  const { body: key } = await make(ada, { name: 'slow', requests_per_minute: 3 });
  const answers = [];
  for (let call = 0; call < 4; call += 1) answers.push(await api.as(key.secret).get('/v1/me'));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
  const refused = answers[3];
  expect(refused?.body.error).toMatchObject({ code: 'rate_limited', type: 'rate_limit_error' });
  expect(Number(refused?.headers.get('retry-after-ms'))).toBeGreaterThan(0);
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  expect(refused?.headers.get('x-should-retry')).toBeNull();
});

test('pages come by cursor, newest first unless asked otherwise', async () => {
  const { caller } = await api.user('pager@example.com');
  for (const name of ['a', 'b', 'c']) await make(caller, { name });
  const names = (page: { data: Record<string, unknown>[] }) => page.data.map(({ name }) => name);
  const { body: first } = await caller.get('/v1/api-keys?limit=2');
  expect([names(first), first['has_more'], first['first_id']]).toEqual([['c', 'b'], true, first.data[0]?.id]);
  const { body: second } = await caller.get(`/v1/api-keys?limit=2&after=${String(first['last_id'])}`);
  expect([names(second), second['has_more']]).toEqual([['a', 'test'], false]);
  const { body: upwards } = await caller.get('/v1/api-keys?limit=1&order=asc');
  expect(names(upwards)).toEqual(['test']);
});
