import { execute, sql } from '@sluice/core';
import type { Simulator } from '@sluice/providers';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Answer, AnswerBody, Caller } from './caller.ts';
import { newSecret, path, price, startOwnKeyWorld, type OwnKeyWorld } from './own-key-world.ts';
import type { TestApi } from './test-api.ts';

let world: OwnKeyWorld;
let api: TestApi;
let simulator: Simulator;
let user: { id: string; caller: Caller };
let users = 0;

beforeAll(async () => {
  world = await startOwnKeyWorld({ BYOK_PRICE_FACTOR: '0.2' });
  ({ api, simulator } = world);
});
afterAll(() => world?.close());
beforeEach(async () => {
  users += 1;
  user = await api.user(`owner-${users}@example.com`);
});

const create = (body: object = {}, by = user.caller): Promise<Answer> => by.post(path, { provider: 'one', api_key: newSecret(), ...body });
const submit = (body: object, by = user.caller) =>
  by.post('/v1/jobs', { model: 'both', input: 'Why?', params: { max_tokens: 1000 }, ...body });
const credit = (amount: string) => api.admin.post('/v1/admin/orders', { user_id: user.id, amount, note: '' });
interface Billing {
  hold: string;
  price_factor: string;
}
const billingOf = ({ body }: Answer) => body['billing'] as Billing;
const routesOf = async ({ id }: AnswerBody) => {
  const [job] = await execute<{ routes: { provider: string }[] }>(api.db.em(), sql`select routes from jobs where id = ${id}`);
  return job?.routes.map(({ provider }) => provider);
};

test('a job uses the keys of this service unless it asks for others, at the whole price', async () => {
  await credit('100');
  await create();
  for (const body of [{}, { key: 'platform' }]) {
    const job = await submit(body);
    expect(job.status).toBe(202);
    expect(job.body).toMatchObject({ key: 'platform', billing: { price_factor: '1.0000' } });
    expect(await routesOf(job.body)).toEqual(['one', 'two']);
  }
});

test('a job with an own key takes only the routes that there is one for, and holds its share of the price', async () => {
  await credit('100');
  const whole = billingOf(await submit({})).hold;
  await create({ provider: 'two' });
  for (const key of ['own', 'auto']) {
    const job = await submit({ key });
    expect(job.body).toMatchObject({ key: 'own', billing: { price_factor: '0.2000' } });
    expect(Number(billingOf(job).hold)).toBeCloseTo(Number(whole) / 5, 4);
    expect(await routesOf(job.body)).toEqual(['two']);
  }
  await create({ provider: 'one' });
  expect(await routesOf((await submit({ key: 'own' })).body)).toEqual(['one', 'two']);
});

test('a job without an own key for the model: own is refused with what to do, auto uses the keys of this service', async () => {
  await credit('100');
  await create({ provider: 'one' });
  const refused = await submit({ key: 'own', model: 'second' });
  expect([refused.status, refused.body.error.code, refused.body.error.param]).toEqual([400, 'invalid_request', 'key']);
  expect(refused.body.error.message).toMatch(/model second \(two\).*POST \/v1\/provider-keys/);
  expect((await submit({ key: 'auto', model: 'second' })).body).toMatchObject({ key: 'platform', billing: { price_factor: '1.0000' } });
  expect((await submit({ key: 'mine' })).status).toBe(400);
});

test('a job with an own key that its provider has refused is told why, until it is rotated', async () => {
  await credit('100');
  const { body: key } = await create();
  await execute(api.db.em(), sql`update own_keys set enabled = false, disabled_reason = 'It was revoked.' where id = ${key.id}`);
  const refused = await submit({ key: 'own' });
  expect([refused.status, refused.body.error.code]).toEqual([409, 'conflict']);
  expect(refused.body.error.message).toContain('It was revoked.');
  expect((await submit({ key: 'auto' })).body).toMatchObject({ key: 'platform' });
  await user.caller.post(`${path}/${key.id}/rotate`, { api_key: newSecret() });
  expect((await submit({ key: 'own' })).body).toMatchObject({ key: 'own' });
});

test('a job that asks again under one Idempotency-Key for other keys is another request', async () => {
  await credit('100');
  await create();
  const headers = { 'idempotency-key': 'job-1' };
  const body = { model: 'both', input: 'Why?' };
  const first = await user.caller.post('/v1/jobs', { ...body, key: 'own' }, { headers });
  expect((await user.caller.post('/v1/jobs', { ...body, key: 'own' }, { headers })).body.id).toBe(first.body.id);
  expect((await user.caller.post('/v1/jobs', body, { headers })).status).toBe(422);
});

test('a job with an own key that is asked again uses one again', async () => {
  await credit('100');
  await create();
  const { body: job } = await submit({ key: 'auto' });
  await user.caller.post(`/v1/jobs/${job.id}/cancel`);
  const again = await user.caller.post(`/v1/jobs/${job.id}/retry`);
  expect(again.body).toMatchObject({ status: 'queued', key: 'own', billing: { price_factor: '0.2000' } });
});

test('a job with an own key waits for no answer of another key, and none waits for its', async () => {
  await credit('100');
  await create();
  const ids: string[] = [];
  for (const key of ['platform', 'own', 'platform', 'own']) ids.push((await submit({ key, cache: true, input: 'Once?' })).body.id);
  const rows = await execute(api.db.em(), sql`select cached_from from jobs where id = any(${ids}) order by id`);
  expect(rows).toEqual([null, null, ids[0], ids[1]].map((cached_from) => ({ cached_from })));
});

test("a job in OpenAI's words says it in a header, in a batch for all its lines", async () => {
  await credit('100');
  await create();
  const ask = (choice: string, extra: object = {}) =>
    user.caller.post(
      '/v1/responses',
      { model: 'both', input: 'Why?', background: true, ...extra },
      { headers: { 'x-key-source': choice } },
    );
  const own = await ask('own');
  expect(own.status, own.text).toBe(200);
  const { body: job } = await user.caller.get(`/v1/jobs/${own.headers.get('x-job-id')}`);
  expect(job).toMatchObject({ key: 'own' });
  expect((await ask('own', { model: 'second' })).body.error).toMatchObject({ param: 'key', message: expect.stringContaining('(two)') });
  const wrong = await ask('sk-a-secret-in-the-wrong-place');
  expect(wrong.status).toBe(400);
  expect(wrong.text).not.toContain('sk-a-secret');

  const form = new FormData();
  form.append('purpose', 'batch');
  form.append('file', new Blob(['{}\n']), 'in.jsonl');
  const upload = new Response(form);
  const { body: file } = await user.caller.post('/v1/files', undefined, {
    raw: new Uint8Array(await upload.arrayBuffer()),
    headers: { 'content-type': upload.headers.get('content-type') ?? '' },
  });
  const batch = { input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h' };
  const ids = [
    (await user.caller.post('/v1/batches', { ...batch, key: 'own' })).body.id,
    (await user.caller.post('/v1/batches', batch, { headers: { 'x-key-source': 'auto' } })).body.id,
    (await user.caller.post('/v1/batches', batch)).body.id,
  ];
  const rows = await execute(api.db.em(), sql`select key_choice from batches where id = any(${ids}) order by id`);
  expect(rows).toEqual([{ key_choice: 'own' }, { key_choice: 'auto' }, { key_choice: null }]);
});

test('a job is not refused for want of a platform key when the user has one', async () => {
  await credit('100');
  await api.admin.post('/v1/admin/providers', { name: `bare-${users}`, base_url: simulator.baseUrl, api_key: 'sk-bare' });
  const { body: list } = await api.admin.get('/v1/admin/providers?limit=1');
  const provider = list.data[0] as AnswerBody & { keys: { id: string }[] };
  await api.admin.patch(`/v1/admin/providers/${provider.id}/keys/${provider.keys[0]?.id}`, { enabled: false });
  const routes = [{ provider: `bare-${users}`, model: 'sluice-sim-fast' }];
  await api.admin.post('/v1/admin/models', { alias: 'bare', capabilities: ['text'], routes, price });
  expect((await submit({ model: 'bare' })).body.error).toMatchObject({ code: 'unavailable' });
  await create({ provider: `bare-${users}` });
  expect((await submit({ model: 'bare', key: 'own' })).body).toMatchObject({ status: 'queued', key: 'own' });
});
