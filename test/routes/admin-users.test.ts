import { execute, sql } from '@sluice/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApi, testPassword, type TestApi } from './test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api?.close());

const users = '/v1/admin/users';
const changed = (action: string, id: string) =>
  execute<{ details: object }>(api.db.em(), sql`select details from audit_log where action = ${action} and object_id = ${id}`);

test('a user is refused, and a stranger too, before anything is looked at', async () => {
  const { id, caller } = await api.user('plain@example.com');
  for (const call of [
    caller.get(users),
    caller.post(users, { role: 'admin' }),
    caller.patch(`${users}/${id}`, { role: 'admin' }),
    caller.post(`${users}/sync`, {}),
  ]) {
    expect((await call).body.error.code).toBe('forbidden');
  }
  for (const path of [`${users}/`, '/V1/ADMIN/USERS', '/v1/admin/users%2f', '/v1//admin/users', '/v1/./admin/users']) {
    expect((await caller.get(path)).status).toBeGreaterThanOrEqual(403);
  }
  expect((await api.anonymous.post(users, {})).status).toBe(401);
  expect((await caller.get('/v1/me')).body['user']).toMatchObject({ role: 'user' });
});

test('a user is made once for each key, and once for each address and external id', async () => {
  const request = { email: 'Made@example.com', external_id: 'made-1', password: testPassword };
  const headers = { 'idempotency-key': 'make' };
  const { status, body: user } = await api.admin.post(users, request, { headers });
  expect([status, user]).toMatchObject([
    201,
    { object: 'user', email: 'made@example.com', external_id: 'made-1', role: 'user', disabled: false },
  ]);
  expect((await api.admin.post(users, request, { headers })).body).toEqual(user);
  expect((await api.admin.post(users, { ...request, role: 'admin' }, { headers })).body.error.code).toBe('idempotency_mismatch');
  for (const taken of [{ email: 'made@example.com' }, { external_id: 'made-1' }])
    expect((await api.admin.post(users, taken)).body.error.code).toBe('conflict');
  expect((await api.admin.get(`${users}/${user.id}`)).body).toEqual(user);
  expect(await changed('user.create', user.id)).toEqual([{ details: { role: 'user' } }]);
});

test('what is not a field of a user is refused by its name', async () => {
  const body = { email: 'mass@example.com', balance: '1000', id: 'usr_1', credits: 5, is_admin: true, user_id: 'x' };
  const { status, body: answer } = await api.admin.post(users, body);
  expect([status, answer.errors.map(({ path }) => path)]).toEqual([400, ['balance', 'id', 'credits', 'is_admin', 'user_id']]);
  expect((await api.admin.post(users, {})).body.error.param).toBe('email');
  expect((await api.admin.post(users, { external_id: 'x', password: testPassword })).body.errors).toEqual([
    { path: 'email', message: 'a password needs an email' },
  ]);
});

test('a role, a disabling and a password are changed and written down, the password without its letters', async () => {
  const { id } = await api.user('changed@example.com');
  const patch = (body: object) => api.admin.patch(`${users}/${id}`, body);
  expect((await patch({ role: 'admin' })).body).toMatchObject({ id, role: 'admin' });
  expect((await patch({ role: 'user', disabled: true })).body).toMatchObject({ role: 'user', disabled: true });
  expect((await patch({ disabled: false, password: 'a new password' })).body).toMatchObject({ disabled: false });
  expect((await api.anonymous.post('/v1/auth/login', { email: 'changed@example.com', password: 'a new password' })).status).toBe(200);
  expect((await changed('user.update', id)).map(({ details }) => details)).toEqual([
    { role: 'admin' },
    { role: 'user', disabled: true },
    { disabled: false, password: 'changed' },
  ]);
  expect((await api.admin.patch(`${users}/usr_missing`, { disabled: true })).status).toBe(404);
});

test('the last administrator stays', async () => {
  const { body } = await api.admin.get(`${users}?role=admin`);
  const [admin] = body.data;
  expect(body.data).toHaveLength(1);
  for (const change of [{ disabled: true }, { role: 'user' }])
    expect((await api.admin.patch(`${users}/${admin?.id}`, change)).body.error.code).toBe('conflict');
  expect((await api.admin.get('/v1/me')).status).toBe(200);
});

test('each row of a sync stands alone', async () => {
  const rows = [
    { external_id: 'row-1', email: 'row1@example.com' },
    { external_id: '' },
    { external_id: 'row-3', email: 'row1@example.com' },
    'what',
    { external_id: 'row-5', role: 'admin' },
    { external_id: 'row-6' },
  ];
  const { status, body } = await api.admin.post(`${users}/sync`, { users: rows });
  expect([status, body['object']]).toEqual([200, 'list']);
  expect(body.data).toMatchObject([
    { index: 0, user: { external_id: 'row-1', email: 'row1@example.com', role: 'user' } },
    { index: 1, error: { code: 'invalid_request', param: 'external_id' } },
    { index: 2, error: { code: 'conflict' } },
    { index: 3, error: { code: 'invalid_request' } },
    { index: 4, error: { code: 'invalid_request' }, errors: [{ path: 'role', message: 'is not a known field' }] },
    { index: 5, user: { external_id: 'row-6' } },
  ]);
  const again = await api.admin.post(`${users}/sync`, { users: [{ external_id: 'row-1', disabled: true }] });
  expect(again.body.data).toMatchObject([{ user: { external_id: 'row-1', email: 'row1@example.com', disabled: true } }]);
  expect((await api.admin.post(`${users}/sync`, { users: Array.from({ length: 1001 }, () => ({})) })).body.error.param).toBe('users');
});

test('a list is filtered and paged', async () => {
  const { body: found } = await api.admin.get(`${users}?email=MADE@example.com`);
  expect(found.data.map(({ email }) => email)).toEqual(['made@example.com']);
  const { body: page } = await api.admin.get(`${users}?limit=1&order=asc`);
  expect(page['has_more']).toBe(true);
  const { body: next } = await api.admin.get(`${users}?limit=1&order=asc&after=${String(page['last_id'])}`);
  expect(next.data[0]?.id).not.toBe(page.data[0]?.id);
  for (const bad of ['after=usr_missing', 'limit=0', 'limit=101', 'limit=x', 'order=up', 'colour=red', 'limit=1&limit=2']) {
    expect([bad, (await api.admin.get(`${users}?${bad}`)).status]).toEqual([bad, 400]);
  }
});
