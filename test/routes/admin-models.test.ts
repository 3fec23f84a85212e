import { execute, sql } from '@sluice/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Answer } from './caller.ts';
import { startTestApi, type TestApi } from './test-api.ts';

let api: TestApi;

const path = '/v1/admin/models';
const price = { mode: 'simple', input_price: '0.0025', output_price: '0.01' };

beforeAll(async () => {
  api = await startTestApi();
  for (const name of ['mock', 'spare'])
    await api.admin.post('/v1/admin/providers', { name, base_url: 'http://127.0.0.1:9900/v1', api_key: 'x' });
});

afterAll(() => api?.close());

let names = 0;
const fresh = () => ({ alias: `model-${(names += 1)}`, routes: [{ provider: 'mock', model: 'mock-1' }], price });
const at = (alias: unknown, rest = ''): string => `${path}/${encodeURIComponent(String(alias))}${rest}`;
const faultPaths = ({ body }: Answer): string[] => body.errors.map((fault) => fault.path);

async function rows(): Promise<string> {
  const tables = ['models', 'model_routes', 'prices', 'audit_log'];
  return JSON.stringify(
    await Promise.all(tables.map((table) => execute(api.db.em(), sql`select row_to_json(t)::text from ${sql.table(table)} t order by 1`))),
  );
}

test('a model is added with its routes in order and a price that states all its fields', async () => {
  const routes = [
    { provider: 'spare', model: 'vendor/mock-1:free' },
    { provider: 'mock', model: 'mock-1' },
    { provider: 'spare', model: 'mock-0' },
  ];
  const sizes = { context_window: 128_000, max_output_tokens: 4096, default_max_tokens: 2048 };
  const answer = await api.admin.post(path, { alias: 'mock-1', capabilities: ['text', 'tools'], routes, ...sizes, price });

  expect(answer.status).toBe(201);
  expect(answer.body).toEqual({
    id: expect.stringMatching(/^mdl_/),
    object: 'model',
    alias: 'mock-1',
    capabilities: ['text', 'tools'],
    routes,
    ...sizes,
    cache_ttl_s: null,
    cache_scope: 'user',
    enabled: true,
    price: {
      ...price,
      cached_input_price: '0.0025',
      reasoning_price: '0.01',
      per_request_fee: '0',
      batch_multiplier: '1',
      cache_in_batch: 'stack',
    },
    price_id: expect.stringMatching(/^prc_/),
    created_at: expect.stringMatching(/^\d{4}-.*Z$/),
  });
  expect((await api.admin.get(at('mock-1'))).body).toEqual(answer.body);
});

test('what is not said takes its default, within what the model can answer', async () => {
  expect((await api.admin.post(path, fresh())).body).toMatchObject({
    capabilities: ['text'],
    context_window: null,
    max_output_tokens: null,
    default_max_tokens: 2048,
  });
  expect((await api.admin.post(path, { ...fresh(), max_output_tokens: 512 })).body).toMatchObject({ default_max_tokens: 512 });
});

const tiers = [
  { up_to: 32_000, input_price: '1', output_price: '1' },
  { up_to: 16_000, input_price: '1', output_price: '1' },
];

const badBodies: [string, object, string[]][] = [
  ['without a route', { routes: [] }, ['routes']],
  ['without routes at all', { routes: undefined }, ['routes']],
  ['without a price', { price: undefined }, ['price']],
  ['with a price of null', { price: null }, ['price']],
  ['with an empty price', { price: {} }, ['price.mode']],
  ['with a price as a number', { price: { ...price, input_price: 0.1 } }, ['price.input_price']],
  ['with a price below 0', { price: { ...price, output_price: '-1' } }, ['price.output_price']],
  ['with an absurd price', { price: { ...price, output_price: '1e9' } }, ['price.output_price']],
  ['with tiers that fall and do not end open', { price: { mode: 'tiered', tiers } }, ['price.tiers', 'price.tiers']],
  [
    'with an unknown provider',
    {
      routes: [
        { provider: 'mock', model: 'm' },
        { provider: 'nobody', model: 'm' },
      ],
    },
    ['routes.1.provider'],
  ],
  ['with a route to nothing', { routes: [{ provider: 'mock', model: '' }] }, ['routes.0.model']],
  ['with an unknown capability', { capabilities: ['text', 'smell'] }, ['capabilities.1']],
  ['with a capability twice', { capabilities: ['text', 'text'] }, ['capabilities']],
  ['without a capability', { capabilities: [] }, ['capabilities']],
  [
    'with sizes of 0 and below',
    { context_window: 0, max_output_tokens: -1, default_max_tokens: 0 },
    ['context_window', 'max_output_tokens', 'default_max_tokens'],
  ],
  ['that answers more than its context', { context_window: 1000, max_output_tokens: 2000 }, ['max_output_tokens']],
  ['that answers more by default than it can', { max_output_tokens: 100, default_max_tokens: 200 }, ['default_max_tokens']],
  ['with a name of two words', { alias: 'my model' }, ['alias']],
  ['with a name that is kept for default routes', { alias: 'default:text' }, ['alias']],
  ['with an unknown field', { prize: price }, ['prize']],
];

test.each(badBodies)('a model %s is refused, and nothing changes', async (_name, change, paths) => {
  const before = await rows();
  const answer = await api.admin.post(path, { ...fresh(), ...change });

  expect(answer.status).toBe(400);
  expect(answer.body.error.code).toBe('invalid_request');
  expect(faultPaths(answer)).toEqual(paths);
  expect(await rows()).toBe(before);
});

test('an alias that is taken is a conflict, also for callers who race for it', async () => {
  const body = fresh();
  const answers = await Promise.all(Array.from({ length: 8 }, () => api.admin.post(path, body)));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, ...Array(7).fill(409)]);

  const headers = { 'idempotency-key': 'model-1' };
  const other = fresh();
  const repeats = await Promise.all(Array.from({ length: 8 }, () => api.admin.post(path, other, { headers })));
  expect(new Set(repeats.map(({ status, body: { id } }) => `${status} ${id}`)).size).toBe(1);
  expect((await api.admin.post(path, { ...other, context_window: 1 }, { headers })).status).toBe(422);
});

test('a change keeps what it does not name, and a wrong one changes nothing', async () => {
  const { body: model } = await api.admin.post(path, { ...fresh(), context_window: 8000, max_output_tokens: 4000 });
  const one = at(model['alias']);

  expect((await api.admin.patch(one, { routes: [{ provider: 'spare', model: 's' }] })).body).toMatchObject({
    routes: [{ provider: 'spare', model: 's' }],
    context_window: 8000,
  });
  expect((await api.admin.patch(one, { context_window: null, capabilities: ['text', 'vision'] })).body).toMatchObject({
    context_window: null,
    capabilities: ['text', 'vision'],
  });
  expect((await api.admin.patch(one, { enabled: false })).body).toMatchObject({
    enabled: false,
    max_output_tokens: 4000,
    price_id: model['price_id'],
  });

  const before = await rows();
  const wrong = [{ routes: [] }, { routes: [{ provider: 'nobody', model: 'm' }] }, { default_max_tokens: 5000 }, { alias: 'x' }, { price }];
  for (const body of wrong) expect((await api.admin.patch(one, body)).status).toBe(400);
  expect(await rows()).toBe(before);
});

test('a new price is a new version; the old ones stay', async () => {
  const { body: model } = await api.admin.post(path, fresh());
  const tiered = {
    mode: 'tiered',
    tier_basis: 'input',
    tiers: [
      { up_to: 32_000, input_price: '1', output_price: '2' },
      { up_to: null, input_price: '3', output_price: '4' },
    ],
  };

  const { status, body: changed } = await api.admin.send('PUT', at(model['alias'], '/price'), tiered);

  expect(status).toBe(200);
  expect(changed['price']).toMatchObject({
    mode: 'tiered',
    tiers: [{ up_to: 32_000, cached_input_price: '1' }, { up_to: null }],
    batch_multiplier: '1',
  });
  expect(changed['price_id']).not.toBe(model['price_id']);
  const { body: versions } = await api.admin.get(at(model['alias'], '/prices'));
  expect(versions.data).toMatchObject([
    { id: changed['price_id'], object: 'price', price: changed['price'] },
    { id: model['price_id'], price: model['price'] },
  ]);
  expect((await api.admin.get(at(model['alias'], '/prices?limit=1'))).body).toMatchObject({
    data: [{ id: changed['price_id'] }],
    has_more: true,
  });

  const before = await rows();
  for (const body of [{}, { mode: 'simple' }, { ...price, currency: 'USD' }])
    expect((await api.admin.send('PUT', at(model['alias'], '/price'), body)).status).toBe(400);
  expect(await rows()).toBe(before);
});

test('racing prices all become versions, and one of them is the price', async () => {
  const { body: model } = await api.admin.post(path, fresh());
  const set = (i: number) => api.admin.send('PUT', at(model['alias'], '/price'), { ...price, input_price: String(i) });
  const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => set(i)));

  expect(answers.every(({ status }) => status === 200)).toBe(true);
  const { body: versions } = await api.admin.get(at(model['alias'], '/prices'));
  expect(versions.data).toHaveLength(11);
  const { body: now } = await api.admin.get(at(model['alias']));
  expect(answers.map(({ body }) => body['price_id'])).toContain(now['price_id']);
});

test('a model that no job has used can be removed; one that was used is disabled instead', async () => {
  const { body: unused } = await api.admin.post(path, fresh());
  const { body: used } = await api.admin.post(path, fresh());
  const user = await api.user('model-user@example.com');
  await execute(
    api.db.em(),
    sql`insert into jobs (id, user_id, status, max_attempts, model, routes, provider_id, request, input_estimate, max_tokens, priority,
          on_stream_failure, metadata, deadline_at, look_at, created_at, price_id, hold)
        values ('job_1', ${user.id}, 'queued', 3, ${String(used['alias'])}, '[]', 'prv_1', '{}', 1, 1, 'interactive', 'restart', '{}',
          now(), now(), now(), ${String(used['price_id'])}, 0)`,
  );

  expect((await api.admin.delete(at(unused['alias']))).body).toEqual({ id: unused['alias'], object: 'model', deleted: true });
  expect((await api.admin.get(at(unused['alias']))).status).toBe(404);
  expect((await api.admin.delete(at(used['alias']))).body.error.code).toBe('conflict');
  expect((await api.admin.get(at(used['alias']))).status).toBe(200);
});

test('what does not exist is not found', async () => {
  const calls = [
    api.admin.get(at('nobody')),
    api.admin.patch(at('nobody'), { enabled: false }),
    api.admin.delete(at('nobody')),
    api.admin.send('PUT', at('nobody', '/price'), price),
    api.admin.get(at('nobody', '/prices')),
  ];
  for (const { status, body } of await Promise.all(calls)) expect([status, body.error.code]).toEqual([404, 'not_found']);
  expect((await api.admin.get(`${path}?after=mdl_nobody`)).status).toBe(400);
});

test('every change is in the audit log', async () => {
  const { body: model } = await api.admin.post(path, fresh());
  await api.admin.send('PUT', at(model['alias'], '/price'), price);
  await api.admin.patch(at(model['alias']), { enabled: false });
  await api.admin.delete(at(model['alias']));

  const { body: log } = await api.admin.get('/v1/admin/audit-log?limit=4');
  expect(log.data.map(({ action }) => action)).toEqual(['model.delete', 'model.update', 'model.set_price', 'model.create']);
  expect(log.data.every(({ object_id: id }) => id === model.id)).toBe(true);
});
