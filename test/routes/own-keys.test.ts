import { createVault, execute, ownKeysMax, openOwnKeys, sql } from '@sluice/core';
import type { Simulator } from '@sluice/providers';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Answer, Caller } from './caller.ts';
import { newSecret, path, startOwnKeyWorld, type OwnKeyWorld } from './own-key-world.ts';
import { testSecretKey, type TestApi } from './test-api.ts';

let world: OwnKeyWorld;
let api: TestApi;
let simulator: Simulator;
let user: { id: string; caller: Caller };
let users = 0;

beforeAll(async () => {
  world = await startOwnKeyWorld();
  ({ api, simulator } = world);
});
afterAll(() => world?.close());
beforeEach(async () => {
  users += 1;
  user = await api.user(`owner-${users}@example.com`);
});

const create = (body: object = {}, by = user.caller): Promise<Answer> => by.post(path, { provider: 'one', api_key: newSecret(), ...body });
const actionsOf = (objectId: string) =>
  execute<{ actor_id: string; action: string }>(
    api.db.em(),
    sql`select actor_id, action from audit_log where object_id = ${objectId} order by id`,
  );

test('one is stored encrypted, and no answer, row or log line ever holds it', async () => {
  const secret = newSecret();
  const created = await create({ api_key: secret, name: 'of my team' });
  expect(created.status).toBe(201);
  expect(created.headers.get('location')).toBe(`${path}/${created.body.id}`);
  const shown = {
    id: expect.stringMatching(/^opk_/),
    object: 'own_provider_key',
    provider: 'one',
    name: 'of my team',
    last_four: secret.slice(-4),
    enabled: true,
    disabled_reason: null,
    created_at: expect.stringMatching(/^\d{4}-.*Z$/),
    rotated_at: null,
  };
  expect(created.body).toEqual(shown);
  const { id } = created.body;
  const list = await user.caller.get(path);
  expect(list.body.data).toEqual([shown]);
  const rotated = await user.caller.post(`${path}/${id}/rotate`, { api_key: newSecret() });
  const answers = [created, list, rotated, await user.caller.get(`${path}/${id}`), await api.admin.get('/v1/admin/audit-log')];
  for (const { text } of answers) expect(text).not.toContain('sk-own-secret');
  expect(api.logged.join('')).not.toContain('sk-own-secret');
  const rows = await execute(
    api.db.em(),
    sql`select row_to_json(k)::text from own_keys k union all select row_to_json(a)::text from audit_log a`,
  );
  expect(JSON.stringify(rows)).not.toContain('sk-own-secret');
  expect(await actionsOf(id)).toEqual(['create', 'rotate'].map((verb) => ({ actor_id: user.id, action: `own_key.${verb}` })));
});

test('a worker opens only those in use, of the user and the provider it asks for', async () => {
  const secret = newSecret();
  const { body: key } = await create({ api_key: secret });
  await create({ provider: 'two' });
  const other = await api.user(`other-${users}@example.com`);
  await create({}, other.caller);
  const [one] = await execute<{ id: string }>(api.db.em(), sql`select id from providers where name = 'one'`);
  const owner = { userId: user.id, providerId: one?.id ?? '' };
  const open = (secretKey: string) => openOwnKeys(api.db.em(), createVault(secretKey), [owner, { ...owner, userId: 'usr_none' }]);
  expect(await open(testSecretKey)).toEqual([
    { keys: [{ id: key.id, revision: 1, secret }], faults: [] },
    { keys: [], faults: [] },
  ]);
  expect((await open('another secret key of thirty-two chars'))[0]).toMatchObject({ keys: [], faults: [{ keyId: key.id }] });
  await execute(api.db.em(), sql`update own_keys set enabled = false where id = ${key.id}`);
  expect((await open(testSecretKey))[0]).toEqual({ keys: [], faults: [] });
});

test.each([
  ['without a key', { api_key: undefined }, ['api_key']],
  ['with a key over two lines', { api_key: 'sk-1\r\nx-evil: 1' }, ['api_key']],
  ['for a provider that is none', { provider: 'nobody' }, ['provider']],
  ['for an address instead of a provider', { provider: 'http://10.0.0.1/v1' }, ['provider']],
  ['with an address of its own', { base_url: 'http://10.0.0.1/v1' }, ['base_url']],
])('one %s is refused', async (_name, body, paths) => {
  const answer = await create(body);
  expect([answer.status, answer.body.error.code]).toEqual([400, 'invalid_request']);
  expect(answer.body.errors.map((fault) => fault.path)).toEqual(paths);
  expect((await user.caller.get(path)).body.data).toEqual([]);
});

test('a repeated create answers the first key, once also for callers who race, and another body is refused', async () => {
  const headers = { 'idempotency-key': 'own-1' };
  const body = { provider: 'one', api_key: newSecret() };
  const answers = await Promise.all(Array.from({ length: 6 }, () => user.caller.post(path, body, { headers })));
  expect(new Set(answers.map(({ status, body: { id } }) => `${status} ${id}`)).size).toBe(1);
  expect((await user.caller.post(path, { ...body, name: 'x' }, { headers })).status).toBe(422);
});

test('the same secret twice for one provider is a conflict, for another user and another provider it is not', async () => {
  const secret = newSecret();
  const { body: first } = await create({ api_key: secret });
  expect((await create({ api_key: secret })).body.error).toMatchObject({ code: 'conflict', message: expect.stringContaining(first.id) });
  const { body: second } = await create();
  expect((await user.caller.post(`${path}/${second.id}/rotate`, { api_key: secret })).status).toBe(409);
  expect((await create({ api_key: secret, provider: 'two' })).status).toBe(201);
  const other = await api.user(`twin-${users}@example.com`);
  expect((await create({ api_key: secret }, other.caller)).status).toBe(201);
});

test('a user has so many and no more, also when they come at once', async () => {
  const answers = await Promise.all(Array.from({ length: ownKeysMax + 3 }, () => create()));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(ownKeysMax);
  expect(answers.filter(({ status }) => status === 409)).toHaveLength(3);
  const { body: page } = await user.caller.get(`${path}?limit=7&order=asc`);
  const { body: rest } = await user.caller.get(`${path}?limit=100&order=asc&after=${String(page['last_id'])}`);
  expect(page).toMatchObject({ has_more: true });
  expect(new Set([...page.data, ...rest.data].map(({ id }) => id)).size).toBe(ownKeysMax);
});

test("somebody else's key is not found, whatever is done to it, and an administrator has no way to it either", async () => {
  const { body: key } = await create();
  const other = await api.user(`stranger-${users}@example.com`);
  for (const caller of [other.caller, api.admin]) {
    const answers = [
      await caller.get(`${path}/${key.id}`),
      await caller.post(`${path}/${key.id}/rotate`, { api_key: newSecret() }),
      await caller.post(`${path}/${key.id}/test`),
      await caller.delete(`${path}/${key.id}`),
    ];
    for (const { status, body } of answers) expect([status, body.error.code]).toEqual([404, 'not_found']);
    expect((await caller.get(path)).body.data.some(({ id }) => id === key.id)).toBe(false);
    expect((await caller.get(`${path}?after=${key.id}`)).status).toBe(400);
  }
  expect((await user.caller.get(`${path}/${key.id}`)).body).toMatchObject({ enabled: true, rotated_at: null });
  expect((await api.anonymous.get(path)).status).toBe(401);
});

test('a key is removed for good', async () => {
  const { body: key } = await create();
  expect((await user.caller.delete(`${path}/${key.id}`)).body).toEqual({ id: key.id, object: 'own_provider_key', deleted: true });
  expect((await user.caller.delete(`${path}/${key.id}`)).status).toBe(404);
  expect((await actionsOf(key.id)).at(-1)).toMatchObject({ action: 'own_key.delete' });
});

test('the providers that take a key are listed with their models', async () => {
  const { body } = await user.caller.get(`${path}/providers`);
  expect(body.data).toEqual([
    { name: 'one', models: ['both'] },
    { name: 'two', models: ['both', 'second'] },
  ]);
});

test('a test makes one call with that key, disables one that is refused and enables one that works', async () => {
  const { body: key } = await create({ api_key: 'sk-own-secret-test-zzzz' });
  const testIt = () => user.caller.post(`${path}/${key.id}/test`);
  simulator.setFaults({ keys: { zzzz: { status: 401, message: 'The key sk-own-secret-test-zzzz was revoked.' } } });
  const refused = await testIt();
  simulator.setFaults({});
  expect(refused.body).toMatchObject({ object: 'own_provider_key_test', ok: false, model: 'both', error: { kind: 'auth' } });
  expect(refused.text).not.toContain('sk-own-secret');
  const shown = (await user.caller.get(`${path}/${key.id}`)).body;
  expect(shown).toMatchObject({ enabled: false, disabled_reason: expect.stringContaining('was revoked') });
  expect(JSON.stringify(shown)).not.toContain('sk-own-secret');
  expect((await testIt()).body).toMatchObject({ ok: true, error: null });
  expect((await user.caller.get(`${path}/${key.id}`)).body).toMatchObject({ enabled: true, disabled_reason: null });
  expect(simulator.ledger.calls().filter(({ key: lastFour }) => lastFour === 'zzzz')).toHaveLength(2);
  expect((await actionsOf(key.id)).map(({ action }) => action)).toEqual(['own_key.create', 'own_key.disable', 'own_key.enable']);
});
