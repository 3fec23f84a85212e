import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/database.ts';
import { listActions } from '../audit-log/index.ts';
import { createDatabase, execute, sql, type Database } from '../database/index.ts';
import { ensureAdmin } from '../users/index.ts';
import { readCatalogue } from './catalogue/read-catalogue.ts';
import { vendorEnvironment } from './catalogue/vendor-environment.ts';
import { createProvider } from './create-provider.ts';
import { deleteModel } from './delete-model.ts';
import { disableProviderKey } from './disable-provider-key.ts';
import { ensureSimulator } from './ensure-simulator.ts';
import { findModel } from './find-model.ts';
import { listLanes, type Lane } from './list-lanes.ts';
import { listProviders } from './list-providers.ts';
import { seedVendors, type SeededVendor } from './seed-vendors.ts';
import { setPrice } from './set-price.ts';
import { updateModel } from './update-model.ts';
import { updateProvider } from './update-provider.ts';
import { updateProviderKey } from './update-provider-key.ts';
import { createVault } from './vault.ts';

const vault = createVault('a secret key of thirty-two characters');
const now = new Date('2026-11-20T12:00:00Z');
const rates = { CNY: '1', USD: '7' };
const all = { limit: 100, order: 'asc' } as const;

let store: TestDatabase;
let db: Database;
let actorId: string;

beforeAll(async () => {
  store = await createTestDatabase();
  db = await createDatabase({ url: store.url, poolSize: 10 });
  ({ userId: actorId } = await ensureAdmin(db.em(), { email: 'admin@example.com', password: 'correct horse battery', apiKey: null, now }));
});

afterAll(async () => {
  await db?.close();
  await store?.close();
});

const seed = (vendorKeys: Record<string, string>): Promise<SeededVendor[]> => seedVendors(db.em(), { vault, vendorKeys, rates, now });

async function laneOf(name: string): Promise<Lane | undefined> {
  return (await listLanes(db.em(), vault)).find((lane) => lane.name === name);
}

const idOf = async (name: string): Promise<string> =>
  (await listProviders(db.em(), all)).find((provider) => provider.name === name)?.id ?? '';

/** Everything that a second start must not touch. */
async function everyRow(): Promise<unknown[]> {
  const tables = ['providers', 'provider_keys', 'models', 'model_routes', 'prices', 'audit_log'];
  return Promise.all(tables.map((table) => execute(db.em(), sql`select row_to_json(t)::text from ${sql.table(table)} t order by 1`)));
}

test('without a key in the environment nothing is set up', async () => {
  expect(await seed({})).toEqual([]);
  expect(await seed({ UNKNOWN_API_KEY: 'x' })).toEqual([]);
});

test('processes that start together set up a vendor once', async () => {
  const seeded = await Promise.all(Array.from({ length: 4 }, () => seed({ DEEPSEEK_API_KEY: 'sk-deepseek-0001' })));

  expect(
    seeded
      .flat()
      .map(({ provider }) => provider)
      .toSorted(),
  ).toEqual(['created', 'kept', 'kept', 'kept']);
  expect((await laneOf('deepseek'))?.keys.map(({ secret }) => secret)).toEqual(['sk-deepseek-0001']);
  expect(seeded.flatMap((each) => each.flatMap((vendor) => vendor.models))).toEqual(['deepseek-flash', 'deepseek-v4-pro']);
});

test('a list price becomes credits per 1,000 tokens, in either currency and by tiers', async () => {
  await seed({ DASHSCOPE_API_KEY: 'sk-dashscope-0001', OPENAI_API_KEY: 'sk-openai-0001' });

  // 12 CNY per million is 0.012 credits per thousand.
  expect((await findModel(db.em(), 'qwen-plus'))?.price).toMatchObject({
    mode: 'tiered',
    tier_basis: 'input',
    tiers: [
      { up_to: 128_000, input_price: '0.0008', output_price: '0.002', cached_input_price: '0.00016', reasoning_price: '0.008' },
      { up_to: 256_000, input_price: '0.0024', output_price: '0.02', reasoning_price: '0.024' },
      { up_to: null, input_price: '0.0048', output_price: '0.048', reasoning_price: '0.064' },
    ],
    batch_multiplier: '1',
  });
  // 2.5 and 10 USD per million at 7 credits a dollar.
  expect((await findModel(db.em(), 'gpt-4o'))?.price).toMatchObject({
    mode: 'simple',
    input_price: '0.0175',
    output_price: '0.07',
    cached_input_price: '0.00875',
  });
});

test('what speaks another protocol, has no price or is gone is not offered', async () => {
  const { models } = await readCatalogue();
  const openai = models.filter(({ provider }) => provider === 'openai');
  const isSpoken = (endpoint: string) => endpoint === 'chat' || endpoint === 'embeddings';
  for (const { id } of openai.filter(({ endpoint, status }) => !isSpoken(endpoint) || status === 'deprecated' || status === 'retired')) {
    expect(await findModel(db.em(), id), id).toBeNull();
  }
  expect(await findModel(db.em(), 'deepseek-chat')).toBeNull();
  expect(await findModel(db.em(), 'text-embedding-3-small')).toMatchObject({ capabilities: ['embedding'], price: { output_price: '0' } });
});

test("a name that another vendor's model has already gets the vendor in front", async () => {
  const [intl] = await seed({ DASHSCOPE_INTL_API_KEY: 'sk-intl-0001' });

  expect(intl?.models).toContain('dashscope-intl/qwen-plus');
  expect(await findModel(db.em(), 'dashscope-intl/qwen-plus')).toMatchObject({
    routes: [{ provider: 'dashscope-intl', model: 'qwen-plus' }],
  });
  expect(await findModel(db.em(), 'qwen-plus')).toMatchObject({ routes: [{ provider: 'dashscope', model: 'qwen-plus' }] });
});

test('a second start changes no row', async () => {
  const keys = { DEEPSEEK_API_KEY: 'sk-deepseek-0001', DASHSCOPE_API_KEY: 'sk-dashscope-0001', OPENAI_API_KEY: 'sk-openai-0001' };
  const before = await everyRow();

  const seeded = await seed(keys);

  expect(seeded.map(({ provider, key, models }) => ({ provider, key, models }))).toEqual(
    Array(3).fill({ provider: 'kept', key: 'kept', models: [] }),
  );
  expect(await everyRow()).toEqual(before);
});

test('what an administrator changed, disabled or removed stays so', async () => {
  const providerId = await idOf('openai');
  await updateProvider(db.em(), { actorId, providerId, changes: { base_url: 'https://proxy.example.com/v1', enabled: false } });
  await updateModel(db.em(), { actorId, alias: 'gpt-4o-mini', changes: { enabled: false, default_max_tokens: 100 } });
  await setPrice(db.em(), { actorId, alias: 'gpt-4o', price: { mode: 'simple', input_price: '1', output_price: '2' }, now });
  await deleteModel(db.em(), { actorId, alias: 'gpt-4.1' });
  const before = await everyRow();

  await seed({ OPENAI_API_KEY: 'sk-openai-0001' });

  expect(await everyRow()).toEqual(before);
});

test('a key that was changed in the environment is followed, and comes back into use if the vendor had refused the old one', async () => {
  const [key] = (await laneOf('deepseek'))?.keys ?? [];
  const keyId = key?.id ?? '';
  const refused = { keyId, reason: 'DeepSeek answered 401.' };
  const disabled = await Promise.all([1, 2, 3].map(() => disableProviderKey(db.em(), refused)));
  expect(disabled.filter(Boolean)).toHaveLength(1);
  expect((await laneOf('deepseek'))?.keys).toEqual([]);

  expect(await seed({ DEEPSEEK_API_KEY: 'sk-deepseek-0002' })).toMatchObject([{ provider: 'kept', key: 'replaced' }]);
  expect((await laneOf('deepseek'))?.keys).toMatchObject([{ id: keyId, secret: 'sk-deepseek-0002' }]);

  await updateProviderKey(db.em(), { actorId, providerId: await idOf('deepseek'), keyId, changes: { enabled: false } });
  await seed({ DEEPSEEK_API_KEY: 'sk-deepseek-0003' });
  expect((await laneOf('deepseek'))?.keys).toEqual([]);
});

test("an administrator's own provider of a vendor's name is left alone", async () => {
  const request = { name: 'groq', base_url: 'http://10.0.0.1/v1', api_key: 'own', limits: {} };
  await createProvider(db.em(), { vault, actorId, idempotencyKey: null, request });

  expect(await seed({ GROQ_API_KEY: 'gsk-0001' })).toEqual([{ vendor: 'groq', provider: 'name_taken', key: 'kept', models: [] }]);
  expect((await laneOf('groq'))?.keys.map(({ secret }) => secret)).toEqual(['own']);
});

test('every vendor of the catalogue can be set up by its variable, and all their models have a place', async () => {
  const vendorKeys = Object.fromEntries(vendorEnvironment.map(({ env }) => [env, `${env}-0001`]));
  await seed(vendorKeys);

  const { providers, models } = await readCatalogue();
  const known = new Set(vendorEnvironment.map(({ vendor }) => vendor));
  expect(known.size).toBe(vendorEnvironment.length);
  expect(providers.filter(({ id, kind }) => kind !== 'local' && id !== 'azure-openai' && !known.has(id))).toEqual([]);
  expect([...known].filter((vendor) => !providers.some(({ id }) => id === vendor))).toEqual([]);
  const working = models.filter(({ price_unit: unit, status }) => unit && status !== 'deprecated' && status !== 'retired');
  const chat = working.filter(({ endpoint, base_url_override: otherUrl }) => endpoint === 'chat' && !otherUrl);
  const rows = await execute<{ model: string }>(
    db.em(),
    sql`select p.vendor || ' ' || r.model as model from model_routes r join providers p on p.id = r.provider_id`,
  );
  const routed = new Set(rows.map(({ model }) => model));
  const missing = chat.filter(({ provider, id }) => known.has(provider) && provider !== 'groq' && !routed.has(`${provider} ${id}`));
  expect(missing.map(({ provider, id }) => `${provider} ${id}`)).toEqual(['openai gpt-4.1']);
});

test('the simulator is set up once; its address follows where it listens', async () => {
  await Promise.all([1, 2].map(() => ensureSimulator(db.em(), { vault, baseUrl: 'http://127.0.0.1:4001/v1', now })));
  await setPrice(db.em(), { actorId, alias: 'sluice-sim', price: { mode: 'simple', input_price: '1', output_price: '1' }, now });
  await ensureSimulator(db.em(), { vault, baseUrl: 'http://127.0.0.1:4002/v1', now });

  expect(await laneOf('simulator')).toMatchObject({ baseUrl: 'http://127.0.0.1:4002/v1', keys: [{ secret: 'simulator' }] });
  expect(await findModel(db.em(), 'sluice-sim')).toMatchObject({ price: { input_price: '1' }, maxOutputTokens: 16_384 });
  expect(await findModel(db.em(), 'sluice-sim-fast')).toMatchObject({ price: { input_price: '0.01', output_price: '0.02' } });
});

test('what the service set up by itself is in the audit log, without a secret', async () => {
  const actions = await listActions(db.em(), { limit: 100, order: 'asc' });
  const seeds = actions.filter(({ action }) => action === 'provider.seed');

  expect(seeds.length).toBeGreaterThan(20);
  expect(seeds[0]).toMatchObject({
    actor_id: 'system',
    object_id: expect.stringMatching(/^prv_/),
    details: { vendor: 'deepseek', provider: 'created' },
  });
  expect(JSON.stringify(actions)).not.toMatch(/-000\d/);
});
