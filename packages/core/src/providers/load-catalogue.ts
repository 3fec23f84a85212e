import { ModelCapability } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { recordAction } from '../audit-log/index.ts';
import { execute, inTransaction, sql } from '../database/index.ts';
import { readCatalogue } from './catalogue/read-catalogue.ts';
import type { CreditRates } from './catalogue/render-price.ts';
import { chooseDefaultModel } from './choose-default-model.ts';
import { listDefaultModels, type DefaultModel } from './default-models.ts';
import { ensureDefaultModel } from './ensure-default-model.ts';
import { listOfferedModels } from './list-models.ts';
import { seedModels } from './seed-models.ts';
import { findVendor, offeredModels } from './seed-vendors.ts';

export interface LoadCatalogue {
  actorId: string;
  rates: CreditRates;
  now: Date;
}

/** What was added for one vendor that is set up: aliases, none when it has everything. */
export interface LoadedVendor {
  vendor: string;
  models: string[];
}

/**
 * Adds what the catalogue has and was never added, for every vendor that is set up. Models that an administrator changed or removed
 * are left alone. Each vendor is a transaction of its own, so that one which fails holds up no other.
 */
export async function loadCatalogue(em: EntityManager, { actorId, rates, now }: LoadCatalogue): Promise<LoadedVendor[]> {
  const { providers, models } = await readCatalogue();
  const known = await execute<{ vendor: string }>(em, sql`select vendor from providers where vendor is not null order by vendor`);
  const isSetUp = new Set(known.map(({ vendor }) => vendor));
  const loaded: LoadedVendor[] = [];
  for (const { id: vendor } of providers.filter(({ id }) => isSetUp.has(id))) {
    const offered = offeredModels(models, vendor, rates);
    const added = await inTransaction(em, async (tx) => {
      const row = await findVendor(tx, vendor);
      if (!row) return [];
      const aliases = await seedModels(tx, { vendor, provider: row.name, models: offered, now });
      const details = { vendor, provider: 'kept', key: 'kept', models: aliases };
      if (aliases.length > 0) await recordAction(tx, { actorId, action: 'vendor.set_up', objectId: row.id, details });
      return aliases;
    });
    loaded.push({ vendor, models: added });
  }
  return loaded;
}

/**
 * Lets a model stand for every capability that has none and of which no administrator ever said anything. Answers those that were
 * chosen.
 */
export async function ensureDefaultModels(em: EntityManager, actorId: string): Promise<DefaultModel[]> {
  const models = await listOfferedModels(em);
  const before = await listDefaultModels(em);
  const missing = ModelCapability.options.filter((capability) => !before.some((known) => known.capability === capability));
  for (const capability of missing) {
    const alias = chooseDefaultModel(models, capability);
    if (alias !== null) await ensureDefaultModel(em, { capability, alias });
  }
  const after = await listDefaultModels(em);
  const chosen = after.filter(({ capability }) => missing.includes(capability));
  for (const { capability, alias } of chosen)
    await recordAction(em, { actorId, action: 'default_model.choose', objectId: capability, details: { alias } });
  return chosen;
}
