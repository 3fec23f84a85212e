import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/database.ts';
import { createDatabase, execute, sql, type Database } from '../database/index.ts';
import { ensureAdmin } from '../users/index.ts';
import { createModel } from './create-model.ts';
import { createProvider } from './create-provider.ts';
import { createModelDirectory } from './model-directory.ts';
import { updateModel } from './update-model.ts';
import { updateProvider } from './update-provider.ts';
import { updateProviderKey } from './update-provider-key.ts';
import { createVault } from './vault.ts';

const vault = createVault('a secret key of thirty-two characters');
const now = new Date('2026-11-20T12:00:00Z');

interface KnownProvider {
  id: string;
  name: string;
  keyId: string;
}

let store: TestDatabase;
let db: Database;
let actorId: string;
let names = 0;
let alias: string;
let first: KnownProvider;
let second: KnownProvider;

beforeAll(async () => {
  store = await createTestDatabase();
  db = await createDatabase({ url: store.url, poolSize: 10 });
  ({ userId: actorId } = await ensureAdmin(db.em(), { email: 'admin@example.com', password: 'correct horse battery', apiKey: null, now }));
});

afterAll(async () => {
  await db?.close();
  await store?.close();
});

async function provider(name: string): Promise<KnownProvider> {
  const request = { name, base_url: 'http://127.0.0.1:1/v1', api_key: 'a-provider-key-0001', limits: {} };
  const { id, keys } = await createProvider(db.em(), { vault, actorId, idempotencyKey: null, request });
  return { id, name, keyId: keys[0]?.id ?? '' };
}

/** A model with two providers, which are asked in this order. */
beforeEach(async () => {
  names += 1;
  alias = `model-${names}`;
  first = await provider(`first-${names}`);
  second = await provider(`second-${names}`);
  const routes = [first, second].map(({ name }, i) => ({ provider: name, model: `m${i}` }));
  const price = { mode: 'simple' as const, input_price: '1', output_price: '2' };
  const request = { alias, capabilities: ['text' as const], routes, context_window: null, max_output_tokens: null, price };
  await createModel(db.em(), { actorId, idempotencyKey: null, request, now });
});

const find = (name: string) => createModelDirectory({ em: () => db.em(), ttlMs: 0 }).find(name);
const enable = (providerId: string, enabled: boolean) => updateProvider(db.em(), { actorId, providerId, changes: { enabled } });
const disableKey = ({ id: providerId, keyId }: KnownProvider) =>
  updateProviderKey(db.em(), { actorId, providerId, keyId, changes: { enabled: false } });

test('a submit gets the routes in order, with the complete price and its version', async () => {
  expect(await find(alias)).toEqual({
    id: expect.stringMatching(/^mdl_/),
    alias,
    capabilities: ['text'],
    routes: [
      { providerId: first.id, provider: first.name, model: 'm0' },
      { providerId: second.id, provider: second.name, model: 'm1' },
    ],
    enabledRoutes: [expect.objectContaining({ model: 'm0' }), expect.objectContaining({ model: 'm1' })],
    contextWindow: null,
    maxOutputTokens: null,
    defaultMaxTokens: 2048,
    cacheTtlS: null,
    cacheScope: 'user',
    priceId: expect.stringMatching(/^prc_/),
    price: expect.objectContaining({
      mode: 'simple',
      input_price: '1',
      cached_input_price: '1',
      reasoning_price: '2',
      batch_multiplier: '1',
    }),
  });
});

test('a disabled provider is left out; with none left, or disabled itself, the model is unknown', async () => {
  await enable(first.id, false);
  expect((await find(alias))?.routes).toMatchObject([{ model: 'm1' }]);
  await enable(second.id, false);
  expect(await find(alias)).toBeNull();
  await enable(first.id, true);
  await updateModel(db.em(), { actorId, alias, changes: { enabled: false } });
  expect(await find(alias)).toBeNull();
  expect(await find('no-such-model')).toBeNull();
});

test('a provider whose keys are all disabled is passed over, but for callers with a key of their own', async () => {
  await disableKey(first);
  expect((await find(alias))?.routes).toMatchObject([{ model: 'm1' }]);
  await disableKey(second);
  expect(await find(alias)).toMatchObject({ routes: [], enabledRoutes: [{ model: 'm0' }, { model: 'm1' }] });
});

test('a model without a price is refused, never free', async () => {
  await execute(db.em(), sql`update models set price_id = null where alias = ${alias}`);
  await expect(find(alias)).rejects.toMatchObject({ code: 'invalid_request', message: expect.stringContaining('no price') });
});

test('within its time a model is looked up once, however many ask; then, or when the bell rang, again', async () => {
  let nowMs = 0;
  let lookUps = 0;
  const em = () => {
    lookUps += 1;
    return db.em();
  };
  const models = createModelDirectory({ em, ttlMs: 1000, nowMs: () => nowMs });

  await Promise.all(Array.from({ length: 20 }, () => models.find(alias)));
  await Promise.all([models.find('no-such-model'), models.find('no-such-model')]);
  expect(lookUps).toBe(2);

  await updateModel(db.em(), { actorId, alias, changes: { default_max_tokens: 10 } });
  nowMs = 999;
  expect((await models.find(alias))?.defaultMaxTokens).toBe(2048);
  nowMs = 1000;
  expect((await models.find(alias))?.defaultMaxTokens).toBe(10);

  await updateModel(db.em(), { actorId, alias, changes: { default_max_tokens: 20 } });
  models.forget();
  expect((await models.find(alias))?.defaultMaxTokens).toBe(20);
});

test('a look-up that failed is not remembered', async () => {
  let isAway = true;
  const em = () => {
    if (isAway) throw new Error('the database is away');
    return db.em();
  };
  const models = createModelDirectory({ em, ttlMs: 60_000 });

  await expect(models.find(alias)).rejects.toThrow('away');
  isAway = false;
  expect(await models.find(alias)).toMatchObject({ alias });
});
