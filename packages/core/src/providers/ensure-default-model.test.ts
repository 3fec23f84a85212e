import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase } from '../../../../test/support/database.ts';
import { createDatabase, type Database } from '../database/index.ts';
import { listDefaultModels, setDefaultModel } from './default-models.ts';
import { ensureDefaultModel } from './ensure-default-model.ts';
import { ensureSimulator } from './ensure-simulator.ts';
import { createVault } from './vault.ts';

let db: Database;
let close: () => Promise<unknown>;

beforeAll(async () => {
  const store = await createTestDatabase();
  db = await createDatabase({ url: store.url });
  close = () => db.close().then(store.close);
  const vault = createVault('a secret key of thirty-two characters');
  await ensureSimulator(db.em(), { vault, baseUrl: 'http://127.0.0.1:9/v1', now: new Date() });
});
afterAll(() => close?.());

test('a model stands for a capability until an administrator chooses another, or none', async () => {
  const ensure = () => ensureDefaultModel(db.em(), { capability: 'text', alias: 'sluice-sim' });
  const defaults = () => listDefaultModels(db.em());
  await ensureDefaultModel(db.em(), { capability: 'text', alias: 'missing' });
  expect(await defaults()).toEqual([]);
  await ensure();
  expect(await defaults()).toEqual([{ capability: 'text', alias: 'sluice-sim' }]);
  for (const alias of ['sluice-sim-fast', null]) {
    await setDefaultModel(db.em(), { actorId: 'usr_admin', capability: 'text', alias });
    await ensure();
    expect(await defaults()).toEqual(alias === null ? [] : [{ capability: 'text', alias }]);
  }
});
