import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApi, type TestApi } from './test-api.ts';

let api: TestApi;
const path = '/v1/admin/default-models';
const price = { mode: 'simple', input_price: '0', output_price: '0' };

beforeAll(async () => {
  api = await startTestApi();
  await api.admin.post('/v1/admin/providers', { name: 'p', base_url: 'http://127.0.0.1:9/v1', api_key: 'sk-default' });
  for (const [alias, capabilities] of Object.entries({ writer: ['text'], seer: ['text', 'vision'] })) {
    const created = await api.admin.post('/v1/admin/models', { alias, capabilities, routes: [{ provider: 'p', model: alias }], price });
    expect(created.status).toBe(201);
  }
});

afterAll(() => api?.close());

test('a call that names only a capability gets its model, and the job says which', async () => {
  const { caller } = await api.user('default@example.com');
  const submit = (model: string) => caller.post('/v1/jobs', { model, input: 'Hi' });
  expect((await submit('default:text')).status).toBe(404);
  expect(await api.admin.send('PUT', `${path}/text`, { model: 'writer' })).toMatchObject({
    status: 200,
    body: { id: 'text', model: 'writer' },
  });
  expect(await submit('default:text')).toMatchObject({ status: 202, body: { model: 'writer' } });
  expect((await caller.get('/v1/models/default:text')).body).toMatchObject({ id: 'writer', object: 'model' });
  await api.admin.send('PUT', `${path}/text`, { model: 'seer' });
  expect((await submit('default:text')).body).toMatchObject({ model: 'seer' });
  await api.admin.send('PUT', `${path}/text`, { model: null });
  expect((await submit('default:text')).status).toBe(404);
  expect((await caller.get('/v1/models/default:text')).status).toBe(404);
});

test('a model without the capability, an unknown one and an unknown capability are refused', async () => {
  expect(await api.admin.send('PUT', `${path}/vision`, { model: 'writer' })).toMatchObject({
    status: 400,
    body: { error: { param: 'model' } },
  });
  expect((await api.admin.send('PUT', `${path}/vision`, { model: 'nobody' })).status).toBe(404);
  expect((await api.admin.send('PUT', `${path}/juggling`, { model: 'seer' })).status).toBe(404);
});

test('the list shows every capability, and who removes a model removes it from there', async () => {
  await api.admin.send('PUT', `${path}/vision`, { model: 'seer' });
  const { body } = await api.admin.get(path);
  expect(body.data.map(({ id }) => id)).toContain('rerank');
  expect(body.data.find(({ id }) => id === 'vision')).toEqual({ id: 'vision', object: 'default_model', model: 'seer' });
});
