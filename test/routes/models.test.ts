import { OpenAI } from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Caller } from './caller.ts';
import { startTestApi, type TestApi } from './test-api.ts';

let api: TestApi;
let user: Caller;
let providerId: string;

const price = { mode: 'simple', input_price: '0.0025', output_price: '0.01' };

beforeAll(async () => {
  api = await startTestApi();
  ({ caller: user } = await api.user('user@example.com'));
  const { body: provider } = await api.admin.post('/v1/admin/providers', {
    name: 'mock',
    base_url: 'http://127.0.0.1:9900/v1',
    api_key: 'x',
  });
  providerId = provider.id;
  for (const alias of ['zebra', 'org/model:1', 'apple']) {
    await api.admin.post('/v1/admin/models', {
      alias,
      capabilities: ['text'],
      routes: [{ provider: 'mock', model: 'm' }],
      context_window: 8000,
      price,
    });
  }
});

afterAll(() => api?.close());

const aliases = async (): Promise<string[]> => (await user.get('/v1/models')).body.data.map(({ id }) => id);

test("the models are listed in OpenAI's shape, with capabilities and the price beside it", async () => {
  const { status, body } = await user.get('/v1/models');

  expect(status).toBe(200);
  expect(body['object']).toBe('list');
  expect(await aliases()).toEqual(['apple', 'org/model:1', 'zebra']);
  expect(body.data[0]).toEqual({
    id: 'apple',
    object: 'model',
    created: expect.any(Number),
    owned_by: 'mock',
    capabilities: ['text'],
    context_window: 8000,
    max_output_tokens: null,
    cache_ttl_s: null,
    cache_scope: 'user',
    price: expect.objectContaining(price),
  });
  expect(Math.abs(Number(body.data[0]?.['created']) * 1000 - Date.now())).toBeLessThan(3_600_000);
});

test("OpenAI's own SDK lists them and gets one by a name with slashes", async () => {
  const { body: session } = await api.anonymous.post('/v1/auth/login', { email: 'user@example.com', password: 'correct horse battery' });
  const client = new OpenAI({ baseURL: `${api.url}/v1`, apiKey: session.access_token, maxRetries: 0 });

  expect((await client.models.list()).data.map(({ id }) => id)).toContain('org/model:1');
  expect(await client.models.retrieve('org/model:1')).toMatchObject({ id: 'org/model:1', object: 'model', owned_by: 'mock' });
  await expect(client.models.retrieve('org/nobody')).rejects.toMatchObject({ status: 404 });
});

test('what is disabled, or has only disabled providers, is not offered', async () => {
  await api.admin.patch('/v1/admin/models/zebra', { enabled: false });
  expect(await aliases()).toEqual(['apple', 'org/model:1']);
  expect((await user.get('/v1/models/zebra')).body.error).toMatchObject({ code: 'model_not_found', param: 'model' });

  await api.admin.patch(`/v1/admin/providers/${providerId}`, { enabled: false });
  expect(await aliases()).toEqual([]);
  expect((await user.get('/v1/models/apple')).status).toBe(404);
  await api.admin.patch(`/v1/admin/providers/${providerId}`, { enabled: true });
  expect(await aliases()).toEqual(['apple', 'org/model:1']);
});

test('a stranger sees no model', async () => {
  for (const path of ['/v1/models', '/v1/models/apple', '/v1/models/events?ticket=x'])
    expect((await api.anonymous.get(path)).status).toBe(401);
});

test('a change of a provider or model is announced to workers and other servers', async () => {
  const rings: (string | undefined)[] = [];
  const hush = await api.bell.listen('providers', (payload) => rings.push(payload));
  await api.admin.patch(`/v1/admin/providers/${providerId}`, { limits: { rpm: 5 } });
  await api.admin.send('PUT', '/v1/admin/models/apple/price', price);
  await api.admin.post('/v1/admin/models', { alias: 'apple' });
  hush();
  expect(rings).toHaveLength(2);
});
