import { execute, listLanes, createVault, sql } from '@sluice/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Answer } from './caller.ts';
import { startTestApi, testSecretKey, type TestApi } from './test-api.ts';

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
});

afterAll(() => api?.close());

const path = '/v1/admin/providers';
const secret = 'sk-provider-secret-8421';
const valid = { name: 'mock', base_url: 'http://127.0.0.1:9900/v1/', api_key: secret, limits: { rpm: 60, tpm: 100_000, concurrency: 50 } };

let names = 0;
const fresh = () => ({ ...valid, name: `provider-${(names += 1)}` });
const create = async (): Promise<Answer> => api.admin.post(path, fresh());
const keyOf = ({ body }: Answer) => (body['keys'] as { id: string }[])[0]?.id ?? '';

const faultPaths = ({ body }: Answer): string[] => body.errors.map((fault) => fault.path);

/** Each table's rows; `count` would miss a changed one. */
async function rows(): Promise<string> {
  const tables = ['providers', 'provider_keys', 'audit_log'];
  return JSON.stringify(
    await Promise.all(tables.map((table) => execute(api.db.em(), sql`select row_to_json(t)::text from ${sql.table(table)} t order by 1`))),
  );
}

test('a provider is added with its first key, and no answer ever shows the key', async () => {
  const answer = await api.admin.post(path, valid);

  expect(answer.status).toBe(201);
  expect(answer.headers.get('location')).toBe(`${path}/${answer.body.id}`);
  expect(answer.body).toEqual({
    id: expect.stringMatching(/^prv_/),
    object: 'provider',
    name: 'mock',
    vendor: null,
    base_url: 'http://127.0.0.1:9900/v1',
    limits: valid.limits,
    enabled: true,
    state: 'ready',
    keys: [
      {
        id: expect.stringMatching(/^pky_/),
        object: 'provider_key',
        last_four: '8421',
        weight: 1,
        limits: {},
        enabled: true,
        disabled_reason: null,
        created_at: expect.stringMatching(/^\d{4}-.*Z$/),
      },
    ],
    created_at: expect.stringMatching(/^\d{4}-.*Z$/),
  });
  const answers = [
    answer,
    await api.admin.get(path),
    await api.admin.get(`${path}/${answer.body.id}`),
    await api.admin.get('/v1/admin/audit-log'),
  ];
  for (const { text } of answers) expect(text).not.toContain(secret);
  expect(api.logged.join('')).not.toContain(secret);
  expect(await rows()).not.toContain(secret);
});

test('a worker reads the key decrypted, with the limits of the provider under those of the key', async () => {
  const provider = await create();
  await api.admin.patch(`${path}/${provider.body.id}/keys/${keyOf(provider)}`, { limits: { rpm: 5 }, weight: 3 });

  const lanes = await listLanes(api.db.em(), createVault(testSecretKey));
  expect(lanes.find(({ providerId }) => providerId === provider.body.id)).toMatchObject({
    baseUrl: 'http://127.0.0.1:9900/v1',
    vendor: null,
    keys: [{ id: keyOf(provider), secret, weight: 3, limits: { rpm: 5, tpm: 100_000, concurrency: 50 } }],
    faults: [],
  });
});

test('limits for one model hold besides: those of the key for it under those of the provider', async () => {
  const limits = { rpm: 60, models: { big: { rpm: 10, concurrency: 2 } } };
  const provider = await api.admin.post(path, { ...fresh(), limits });
  expect(provider.body).toMatchObject({ limits });
  await api.admin.patch(`${path}/${provider.body.id}/keys/${keyOf(provider)}`, { limits: { models: { big: { rpm: 3 } } } });
  const lanes = await listLanes(api.db.em(), createVault(testSecretKey));
  expect(lanes.find(({ providerId }) => providerId === provider.body.id)?.keys[0]?.limits).toEqual({
    rpm: 60,
    models: { big: { rpm: 3, concurrency: 2 } },
  });
});

test('under another SECRET_KEY every key is a fault that says so, and the lane still opens', async () => {
  const provider = await create();
  const lanes = await listLanes(api.db.em(), createVault('another secret key of thirty-two chars'));
  expect(lanes.find(({ providerId }) => providerId === provider.body.id)).toMatchObject({
    keys: [],
    faults: [{ keyId: keyOf(provider), message: expect.stringContaining('another SECRET_KEY') }],
  });
});

const badBodies: [string, object, string[]][] = [
  ['without a key', { ...valid, api_key: undefined }, ['api_key']],
  ['with an empty key', { ...valid, api_key: '' }, ['api_key']],
  ['with a key of two words', { ...valid, api_key: 'sk 1' }, ['api_key']],
  ['with a key over two lines', { ...valid, api_key: 'sk-1\r\nx-evil: 1' }, ['api_key']],
  ['with a limit of 0', { ...valid, limits: { rpm: 0 } }, ['limits.rpm']],
  [
    'with limits below 0, of parts, and unknown',
    { ...valid, limits: { rpm: -1, tpm: 1.5, tps: 1 } },
    ['limits.rpm', 'limits.tpm', 'limits.tps'],
  ],
  [
    'with a limit of 0 for a model',
    { ...valid, limits: { models: { big: { rpm: 0, tps: 1 } } } },
    ['limits.models.big.rpm', 'limits.models.big.tps'],
  ],
  ['with limits for a model without a name', { ...valid, limits: { models: { '': { rpm: 1 } } } }, ['limits.models.']],
  ['with an absurd limit', { ...valid, limits: { concurrency: 2_000_000_000 } }, ['limits.concurrency']],
  ['at a base URL that is not http', { ...valid, base_url: 'ftp://example.com' }, ['base_url']],
  ['at a file', { ...valid, base_url: 'file:///etc/passwd' }, ['base_url']],
  ['at a base URL that is no URL', { ...valid, base_url: 'example' }, ['base_url']],
  ['at a base URL with credentials', { ...valid, base_url: 'https://user:password@example.com/v1' }, ['base_url']],
  ['at a base URL with a query', { ...valid, base_url: 'https://example.com/v1?key=1' }, ['base_url']],
  ['at a base URL with a fragment', { ...valid, base_url: 'https://example.com/v1#x' }, ['base_url']],
  ['at a base URL that is still to be filled in', { ...valid, base_url: 'https://{resource}.example.com' }, ['base_url']],
  ['with a name of two words', { ...valid, name: 'my provider' }, ['name']],
  ['with an unknown field', { ...valid, secret: 'x' }, ['secret']],
  ['without anything', {}, ['name', 'base_url', 'api_key']],
];

test.each(badBodies)('a provider %s is refused, and nothing changes', async (_name, body, paths) => {
  const before = await rows();
  const answer = await api.admin.post(path, body);

  expect(answer.status).toBe(400);
  expect(answer.body.error.code).toBe('invalid_request');
  expect(faultPaths(answer)).toEqual(paths);
  expect(await rows()).toBe(before);
});

test('a name that is taken is a conflict, also for callers who race for it', async () => {
  const body = fresh();
  const answers = await Promise.all(Array.from({ length: 8 }, () => api.admin.post(path, body)));

  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, ...Array(7).fill(409)]);
});

test('the same Idempotency-Key makes one provider and one key', async () => {
  const headers = { 'idempotency-key': 'provider-1' };
  const body = fresh();
  const answers = await Promise.all(Array.from({ length: 8 }, () => api.admin.post(path, body, { headers })));
  expect(new Set(answers.map(({ body: { id } }) => id)).size).toBe(1);
  expect((await api.admin.post(path, { ...body, api_key: 'sk-other' }, { headers })).status).toBe(422);

  const id = answers[0]?.body.id ?? '';
  const add = () => api.admin.post(`${path}/${id}/keys`, { api_key: 'sk-second-key-0002' }, { headers: { 'idempotency-key': 'key-1' } });
  const keys = await Promise.all([add(), add(), add()]);
  expect(keys.map(({ status }) => status)).toEqual([201, 201, 201]);
  expect(new Set(keys.map(({ body: key }) => key.id)).size).toBe(1);
  expect((await api.admin.get(`${path}/${id}`)).body['keys']).toHaveLength(2);
});

test('a change keeps what it does not name, and a wrong one changes nothing', async () => {
  const { body: provider } = await create();
  const one = `${path}/${provider.id}`;

  expect((await api.admin.patch(one, { base_url: 'https://api.example.com/v1' })).body).toMatchObject({
    base_url: 'https://api.example.com/v1',
    limits: valid.limits,
  });
  expect((await api.admin.patch(one, { enabled: false })).body).toMatchObject({ enabled: false, state: 'disabled', limits: valid.limits });
  expect((await api.admin.patch(one, { enabled: true, limits: {} })).body).toMatchObject({ enabled: true, state: 'ready', limits: {} });
  const before = await rows();
  for (const body of [{ base_url: 'ftp://x' }, { limits: { rpm: 0 } }, { api_key: 'x' }, { enabled: 'yes' }])
    expect((await api.admin.patch(one, body)).status).toBe(400);
  expect(await rows()).toBe(before);
});

test('keys can be added, disabled, enabled and removed; the last one stays', async () => {
  const provider = await create();
  const one = `${path}/${provider.body.id}`;
  const oldKey = `${one}/keys/${keyOf(provider)}`;

  expect((await api.admin.patch(oldKey, { enabled: false })).body).toMatchObject({
    enabled: false,
    disabled_reason: 'Disabled by an administrator.',
  });
  expect((await api.admin.get(one)).body).toMatchObject({ state: 'no_usable_key' });
  expect((await api.admin.patch(oldKey, { enabled: true })).body).toMatchObject({ enabled: true, disabled_reason: null });

  expect((await api.admin.delete(oldKey)).status).toBe(409);
  expect((await api.admin.post(`${one}/keys`, { api_key: secret })).status).toBe(409);
  const added = await api.admin.post(`${one}/keys`, { api_key: 'short', weight: 2, limits: { rpm: 1 } });
  expect(added.status).toBe(201);
  expect(added.body).toMatchObject({ last_four: '****', weight: 2, limits: { rpm: 1 } });
  expect((await api.admin.delete(oldKey)).body).toEqual({ id: keyOf(provider), object: 'provider_key', deleted: true });
  expect((await api.admin.delete(oldKey)).status).toBe(404);
  for (const body of [{}, { api_key: 'x', weight: 0 }, { api_key: 'x', limits: { tpm: -5 } }])
    expect((await api.admin.post(`${one}/keys`, body)).status).toBe(400);
});

test('one of two callers who remove the last two keys at once is refused', async () => {
  const provider = await create();
  const one = `${path}/${provider.body.id}`;
  const added = await api.admin.post(`${one}/keys`, { api_key: 'sk-second' });

  const answers = await Promise.all([keyOf(provider), added.body.id].map((id) => api.admin.delete(`${one}/keys/${id}`)));

  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
});

test('what does not exist, or is the key of another provider, is not found', async () => {
  const [a, b] = [await create(), await create()];
  const calls = [
    api.admin.get(`${path}/prv_nobody`),
    api.admin.patch(`${path}/prv_nobody`, { enabled: false }),
    api.admin.post(`${path}/prv_nobody/keys`, { api_key: 'x' }),
    api.admin.patch(`${path}/${a.body.id}/keys/${keyOf(b)}`, { enabled: false }),
    api.admin.delete(`${path}/${a.body.id}/keys/${keyOf(b)}`),
  ];
  for (const { status, body } of await Promise.all(calls)) expect([status, body.error.code]).toEqual([404, 'not_found']);
  expect((await api.admin.get(`${path}?after=prv_nobody`)).status).toBe(400);
});

test('the list comes in pages, newest first', async () => {
  const { body: first } = await api.admin.get(`${path}?limit=2`);
  const { body: second } = await api.admin.get(`${path}?limit=2&after=${String(first['last_id'])}`);
  const ids = [...first.data, ...second.data].map(({ id }) => id);

  expect(first).toMatchObject({ object: 'list', has_more: true });
  expect(ids).toEqual(ids.toSorted().toReversed());
  expect(new Set(ids).size).toBe(4);
});

test('only an administrator may see or change a provider', async () => {
  const { caller } = await api.user('provider-user@example.com');
  for (const [method, at] of [
    ['GET', path],
    ['POST', path],
    ['GET', '/v1/admin/lanes'],
    ['GET', '/v1/admin/audit-log'],
    ['GET', '/v1/admin/models'],
  ] as const) {
    expect((await caller.send(method, at, method === 'POST' ? valid : undefined)).status).toBe(403);
    expect((await api.anonymous.send(method, at, method === 'POST' ? valid : undefined)).status).toBe(401);
  }
});

test('every change is in the audit log, with who made it', async () => {
  const provider = await create();
  await api.admin.patch(`${path}/${provider.body.id}`, { base_url: 'http://10.1.2.3/v1' });
  const { body: me } = await api.admin.get('/v1/me');

  const { body: log } = await api.admin.get('/v1/admin/audit-log?limit=2');

  expect(log.data).toMatchObject([
    {
      object: 'audit_entry',
      actor_id: (me['user'] as { id: string }).id,
      action: 'provider.update',
      object_id: provider.body.id,
      details: { changes: { base_url: 'http://10.1.2.3/v1' } },
    },
    { action: 'provider.create', object_id: provider.body.id, details: { base_url: 'http://127.0.0.1:9900/v1' } },
  ]);
  const { body: older } = await api.admin.get(`/v1/admin/audit-log?limit=1&after=${String(log['first_id'])}`);
  expect(older.data[0]?.id).toBe(log.data[1]?.id);
  for (const after of ['0', 'x', '9'.repeat(40)]) expect((await api.admin.get(`/v1/admin/audit-log?after=${after}`)).status).toBe(400);
});
