import { startSimulator, type Simulator } from '@sluice/providers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApi, type TestApi } from './test-api.ts';

let api: TestApi;
let simulator: Simulator;
let id: string;
const path = '/v1/admin/providers';

beforeAll(async () => {
  [api, simulator] = await Promise.all([startTestApi(), startSimulator()]);
  const { body } = await api.admin.post(path, { name: 'sim', base_url: simulator.baseUrl, api_key: 'sk-checks-good' });
  id = body.id;
});

afterAll(async () => {
  await api?.close();
  await simulator?.close();
});

test('without a model there is nothing to ask, unless one is named', async () => {
  expect(await api.admin.post(`${path}/${id}/test`)).toMatchObject({ status: 400, body: { error: { param: 'model' } } });
  const { status, body } = await api.admin.post(`${path}/${id}/test`, { model: 'sluice-sim-fast' });
  expect(status).toBe(200);
  expect(body).toEqual({
    object: 'provider_test',
    ok: true,
    model: 'sluice-sim-fast',
    key_id: expect.stringMatching(/^pky_/) as string,
    latency_ms: expect.any(Number) as number,
    error: null,
  });
  expect(simulator.ledger.calls().at(-1)).toMatchObject({ tokens: 1, outcome: 'completed' });
});

test('the vendor’s own list says what each model is called here, and with a price it is added', async () => {
  const { body: list } = await api.admin.get(`${path}/${id}/models`);
  const row = list.data.find((model) => model.id === 'sluice-sim-fast');
  const suggested = {
    alias: 'sluice-sim-fast',
    capabilities: ['text'],
    routes: [{ provider: 'sim', model: 'sluice-sim-fast' }],
    context_window: null,
  };
  expect(row).toEqual({ id: 'sluice-sim-fast', object: 'vendor_model', aliases: [], suggested });
  const price = { mode: 'simple', input_price: '1', output_price: '2' };
  expect(await api.admin.post('/v1/admin/models', { ...suggested, price })).toMatchObject({ status: 201 });
  const { body: again } = await api.admin.get(`${path}/${id}/models`);
  expect(again.data.find((model) => model.id === 'sluice-sim-fast')).toMatchObject({ aliases: ['sluice-sim-fast'] });
  expect((await api.admin.post(`${path}/${id}/test`)).body).toMatchObject({ ok: true, model: 'sluice-sim-fast' });
});

test('a refusal is told in the vendor’s words, without the key; the key stays as it is', async () => {
  simulator.setFaults({ keys: { good: { status: 401, message: 'The key sk-checks-good was revoked.' } } });
  const { status, body } = await api.admin.post(`${path}/${id}/test`, { model: 'sluice-sim-fast' });
  simulator.setFaults({});
  expect(status).toBe(200);
  expect(body).toMatchObject({ ok: false, error: { kind: 'auth', message: expect.stringContaining('was revoked') as string } });
  expect(JSON.stringify(body)).not.toContain('sk-checks-good');
  expect((await api.admin.get(`${path}/${id}`)).body).toMatchObject({ state: 'ready' });
});

test('one key of several can be tried, a disabled one too; a stranger is not found', async () => {
  const { body: second } = await api.admin.post(`${path}/${id}/keys`, { api_key: 'sk-checks-next' });
  await api.admin.patch(`${path}/${id}/keys/${second.id}`, { enabled: false });
  expect((await api.admin.post(`${path}/${id}/test`, { key_id: second.id })).body).toMatchObject({ ok: true, key_id: second.id });
  expect(simulator.ledger.calls().at(-1)).toMatchObject({ key: 'next' });
  expect((await api.admin.post(`${path}/${id}/test`, { key_id: 'pky_none' })).status).toBe(404);
  expect((await api.admin.post(`${path}/prv_none/test`, {})).status).toBe(404);
  expect((await api.admin.get(`${path}/prv_none/models`)).status).toBe(404);
});

test('a provider that is away: the test says so, and the list is a 503', async () => {
  const { body: away } = await api.admin.post(path, { name: 'away', base_url: 'http://127.0.0.1:9/v1', api_key: 'sk-away-key' });
  const { body } = await api.admin.post(`${path}/${away.id}/test`, { model: 'm' });
  expect(body).toMatchObject({ ok: false, error: { kind: 'connect' } });
  expect(await api.admin.get(`${path}/${away.id}/models`)).toMatchObject({ status: 503, body: { error: { code: 'unavailable' } } });
});
