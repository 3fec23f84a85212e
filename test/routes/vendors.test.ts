import { execute, listLanes, createVault, sql } from '@sluice/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answer, AnswerBody } from './caller.ts';
import { startTestApi, testSecretKey, type TestApi } from './test-api.ts';

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi({ CREDITS_PER_CNY: '2', CREDITS_PER_USD: '10' });
});
afterAll(() => api?.close());

const path = '/v1/admin/vendors';
const setUp = (id: string, body: object = {}): Promise<Answer> => api.admin.post(`${path}/${id}`, body);
const show = async (id: string): Promise<AnswerBody> => (await api.admin.get(`${path}/${id}`)).body;
const modelsOf = async (alias: string): Promise<AnswerBody> => (await api.admin.get(`/v1/admin/models/${encodeURIComponent(alias)}`)).body;
const lane = async (name: string) => (await listLanes(api.db.em(), createVault(testSecretKey))).find((each) => each.name === name);
const faultPaths = ({ body }: Answer): string[] => body.errors.map((fault) => fault.path);

/** Everything that a repeated call must not touch. */
async function everyRow(): Promise<string> {
  const tables = ['providers', 'provider_keys', 'models', 'model_routes', 'prices', 'default_models', 'templates', 'audit_log'];
  const rows = await Promise.all(
    tables.map((table) => execute(api.db.em(), sql`select row_to_json(t)::text from ${sql.table(table)} t order by 1`)),
  );
  return JSON.stringify(rows);
}

describe('the list of vendors', () => {
  test('tells all 36 with their names, addresses, links and what they can do', async () => {
    const { status, body } = await api.admin.get(path);
    expect(status).toBe(200);
    expect(body.data).toHaveLength(36);
    expect(new Set(body.data.map(({ state }) => state))).toEqual(new Set(['not_set_up']));
    expect(body.data.find(({ id }) => id === 'zhipu')).toMatchObject({
      object: 'vendor',
      name: expect.stringMatching(/Zhipu|GLM|BigModel/),
      name_zh: expect.stringMatching(/[\u4e00-\u9fff]/),
      currency: 'CNY',
      base_url: 'https://open.bigmodel.cn/api/paas/v4',
      regions: [{ region: 'coding-plan', base_url: 'https://open.bigmodel.cn/api/coding/paas/v4' }],
      needs_key: true,
      environment_variable: 'ZHIPU_API_KEY',
      links: { api_keys: expect.stringMatching(/^https:/), docs: expect.stringMatching(/^https:/), models: expect.any(String) },
      capabilities: expect.arrayContaining(['text', 'vision', 'tools']),
      models: { catalogue: 25, here: 0 },
      provider_id: null,
    });
    expect(body.data.find(({ id }) => id === 'hunyuan')).toMatchObject({ published_limits: [{ concurrency: 5 }] });
    expect(body.data.find(({ id }) => id === 'ollama')).toMatchObject({ needs_key: false, environment_variable: null });
  });

  test('an unknown vendor is not found', async () => {
    expect((await api.admin.get(`${path}/nobody`)).status).toBe(404);
    expect((await setUp('nobody', { api_key: 'sk-1' })).status).toBe(404);
  });
});

describe('setting up a vendor', () => {
  test('takes one key and makes provider, key, models and prices; again it changes nothing', async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => setUp('deepseek', { api_key: 'sk-deepseek-secret-0001' })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 200, 200, 201]);
    const created = answers.find(({ status }) => status === 201)?.body;
    expect(created).toMatchObject({
      object: 'vendor_set_up',
      provider: 'created',
      key: 'added',
      models: ['deepseek-flash', 'deepseek-v4-pro'],
      vendor: { id: 'deepseek', state: 'set_up', models: { here: 2, offered: 2 }, provider_id: expect.stringMatching(/^prv_/) },
    });
    expect(await lane('deepseek')).toMatchObject({ baseUrl: 'https://api.deepseek.com', keys: [{ secret: 'sk-deepseek-secret-0001' }] });
    for (const { text } of [...answers, await api.admin.get('/v1/admin/audit-log')]) expect(text).not.toContain('secret-0001');
    expect(await everyRow()).not.toContain('secret-0001');

    const before = await everyRow();
    expect((await setUp('deepseek', { api_key: 'sk-deepseek-secret-0001' })).body).toMatchObject({
      provider: 'kept',
      key: 'kept',
      models: [],
    });
    expect((await setUp('deepseek')).body).toMatchObject({ provider: 'kept', key: 'kept', models: [] });
    expect(await everyRow()).toBe(before);
  });

  test('another key of it is added beside the first', async () => {
    expect((await setUp('deepseek', { api_key: 'sk-deepseek-secret-0002' })).body).toMatchObject({ provider: 'kept', key: 'added' });
    expect((await lane('deepseek'))?.keys).toHaveLength(2);
  });

  test('list prices become credits by the two settings, tiers by the length of the input', async () => {
    await setUp('google-gemini', { api_key: 'gm-0001' });
    await setUp('volcengine', { api_key: 'ark-0001' });
    // 1.25, 10 and 0.125 dollars a million; 2.5, 15 and 0.25 beyond 200,000 tokens in; ten credits a dollar.
    expect((await modelsOf('gemini-2.5-pro'))['price']).toMatchObject({
      tiers: [
        { up_to: 200_000, input_price: '0.0125', output_price: '0.1', cached_input_price: '0.00125' },
        { up_to: null, input_price: '0.025', output_price: '0.15', cached_input_price: '0.0025' },
      ],
    });
    // 2, 3 and 0.4 yuan a million; 4 and 6 beyond 32,000; two credits a yuan.
    expect((await modelsOf('deepseek-v3-2-251201'))['price']).toMatchObject({
      tiers: [
        { up_to: 32_000, input_price: '0.004', output_price: '0.006', cached_input_price: '0.0008' },
        { up_to: null, input_price: '0.008', output_price: '0.012', cached_input_price: '0.0008' },
      ],
    });
  });

  test('a region is chosen by its name, an address of your own replaces it', async () => {
    await setUp('openai', { api_key: 'sk-eu-0001', region: 'eu' });
    expect((await lane('openai'))?.baseUrl).toBe('https://eu.api.openai.com/v1');
    const azure = await setUp('azure-openai', { api_key: 'az-0001', base_url: 'https://mine.openai.azure.com/openai/v1/' });
    expect(azure.body).toMatchObject({ provider: 'created', vendor: { state: 'set_up' } });
    expect((await lane('azure-openai'))?.baseUrl).toBe('https://mine.openai.azure.com/openai/v1');
  });

  test('a local server needs no key', async () => {
    const answer = await setUp('ollama', { base_url: 'http://10.0.0.7:11434/v1' });
    expect(answer.body).toMatchObject({ provider: 'created', key: 'added' });
    expect((await lane('ollama'))?.keys).toHaveLength(1);
    expect((await setUp('ollama')).body).toMatchObject({ provider: 'kept', key: 'kept' });
  });

  test('published limits are a suggestion: what is given is what holds', async () => {
    await setUp('hunyuan', { api_key: 'hy-0001', limits: { concurrency: 5 } });
    expect((await lane('hunyuan'))?.limits).toEqual({ concurrency: 5 });
  });

  const bad: [string, string, object, string[]][] = [
    ['without a key', 'xai', {}, ['api_key']],
    ['with an unknown region', 'minimax', { api_key: 'k', region: 'mars' }, ['region']],
    ['with a region and an address', 'zai', { api_key: 'k', region: 'coding-plan', base_url: 'https://example.com' }, ['base_url']],
    ['without the address that is to be filled in', 'dashscope', { api_key: 'k', region: 'cn-beijing-workspace' }, ['base_url']],
    ['at an address that is not http', 'groq', { api_key: 'k', base_url: 'ftp://example.com' }, ['base_url']],
    ['with a limit of 0', 'groq', { api_key: 'k', limits: { rpm: 0 } }, ['limits.rpm']],
    ['with an unknown field', 'groq', { api_key: 'k', secret: 'k' }, ['secret']],
  ];
  test.each(bad)('%s is refused, and nothing changes', async (_name, id, body, paths) => {
    const before = await everyRow();
    const answer = await setUp(id, body);
    expect([answer.status, faultPaths(answer)]).toEqual([400, paths]);
    expect(await everyRow()).toBe(before);
  });

  test('an unknown region is answered with those there are', async () => {
    expect((await setUp('openai', { api_key: 'k', region: 'mars' })).body.error.message).toContain('eu');
  });
});

describe("an administrator's change", () => {
  test('stays: address, models, prices, a removed model, a disabled key and a disabled provider', async () => {
    await setUp('moonshot', { api_key: 'sk-moon-secret-0001' });
    const { provider_id: id } = (await show('moonshot')) as unknown as { provider_id: string };
    await api.admin.patch(`/v1/admin/providers/${id}`, { base_url: 'https://proxy.example.com/v1', enabled: false });
    const aliases = (await setUp('moonshot-intl', { api_key: 'sk-moon-intl-0001' })).body['models'] as string[];
    await api.admin.patch(`/v1/admin/models/${encodeURIComponent(aliases[0] ?? '')}`, { enabled: false });
    await api.admin.delete(`/v1/admin/models/${encodeURIComponent(aliases[1] ?? '')}`);
    const before = await everyRow();
    expect((await setUp('moonshot', { api_key: 'sk-moon-secret-0001' })).body).toMatchObject({
      key: 'kept',
      vendor: { state: 'disabled' },
    });
    expect((await setUp('moonshot-intl')).body).toMatchObject({ models: [] });
    expect(await everyRow()).toBe(before);
    expect(await setUp('moonshot', { base_url: 'https://api.moonshot.cn/v1' })).toMatchObject({ status: 409 });
  });

  test('a key that its vendor refused comes back when it is pasted again; one that a person disabled does not', async () => {
    await setUp('mistral', { api_key: 'sk-mistral-0001' });
    const { provider_id: id } = (await show('mistral')) as unknown as { provider_id: string };
    await execute(
      api.db.em(),
      sql`update provider_keys set enabled = false, disabled_reason = 'Mistral answered 401.' where provider_id = ${id}`,
    );
    expect(await show('mistral')).toMatchObject({ state: 'key_missing' });
    expect((await setUp('mistral', { api_key: 'sk-mistral-0001' })).body).toMatchObject({ key: 'enabled', vendor: { state: 'set_up' } });
    const [key] = (await api.admin.get(`/v1/admin/providers/${id}`)).body['keys'] as { id: string }[];
    await api.admin.patch(`/v1/admin/providers/${id}/keys/${key?.id}`, { enabled: false });
    expect((await setUp('mistral', { api_key: 'sk-mistral-0001' })).body).toMatchObject({ key: 'kept', vendor: { state: 'key_missing' } });
  });

  test("a provider of one's own that has the vendor's name is left alone, with a conflict that says so", async () => {
    await api.admin.post('/v1/admin/providers', { name: 'spark', base_url: 'http://10.0.0.1/v1', api_key: 'own' });
    const before = await everyRow();
    const answer = await setUp('spark', { api_key: 'sp-0001' });
    expect([answer.status, answer.body.error.code]).toEqual([409, 'conflict']);
    expect(answer.body.error.message).toContain('spark');
    expect(await everyRow()).toBe(before);
  });
});

describe('init', () => {
  const init = (): Promise<Answer> => api.admin.post('/v1/admin/init');

  test('loads templates, models and default models, says what it did, and again nothing', async () => {
    await execute(api.db.em(), sql`delete from catalogue_seeds where vendor = 'deepseek' and model = 'deepseek-flash'`);
    await api.admin.delete('/v1/admin/models/deepseek-flash');
    await api.admin.send('PUT', '/v1/admin/default-models/vision', { model: null });

    const { status, body } = await init();
    expect([status, body['changed']]).toEqual([200, true]);
    const messages = (body['steps'] as { message: string }[]).map(({ message }) => message);
    expect(messages[0]).toMatch(/^Built-in templates: \d+ added or updated$/);
    expect(messages).toContain('Models of deepseek: added deepseek-flash');
    expect(messages).toContain('Models of openai: up to date');
    expect(messages.some((message) => message.startsWith('default:text is now '))).toBe(true);
    expect(messages.some((message) => message.includes('default:vision'))).toBe(false);

    const before = await everyRow();
    const again = await init();
    expect(again.body).toMatchObject({ changed: false });
    expect((again.body['steps'] as { changed: boolean }[]).some(({ changed }) => changed)).toBe(false);
    expect(await everyRow()).toBe(before);
  });

  test('the default is the cheapest that costs anything and has a key', async () => {
    const { data } = (await api.admin.get('/v1/admin/default-models')).body;
    const chosen = data.find(({ id }) => id === 'text') as unknown as { model: string };
    const model = (await modelsOf(chosen.model)) as unknown as { price: { input_price?: string; tiers?: { input_price: string }[] } };
    expect(Number(model.price.input_price ?? model.price.tiers?.[0]?.input_price)).toBeGreaterThan(0);
    expect(Number(model.price.input_price ?? model.price.tiers?.[0]?.input_price)).toBeLessThan(0.002);
  });
});
