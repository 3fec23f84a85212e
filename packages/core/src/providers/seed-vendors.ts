import type { EntityManager } from '@mikro-orm/postgresql';
import { recordAction, systemActor } from '../audit-log/index.ts';
import { execute, inTransaction, sql } from '../database/index.ts';
import type { CatalogueModel } from './catalogue/catalogue-model.ts';
import type { CatalogueProvider } from './catalogue/catalogue-provider.ts';
import { isOffered } from './catalogue/is-offered.ts';
import { readCatalogue } from './catalogue/read-catalogue.ts';
import { renderListPrice, type CreditRates } from './catalogue/render-price.ts';
import { vendorEnvironment } from './catalogue/vendor-environment.ts';
import { insertProvider } from './create-provider.ts';
import { insertProviderKey } from './insert-provider-key.ts';
import { replaceEnvironmentKey } from './replace-environment-key.ts';
import { seedModels, type SeedModel } from './seed-models.ts';
import type { Vault } from './vault.ts';

export interface SeedVendors {
  vault: Vault;
  /** Keys by the names of their environment variables, as `readVendorKeys(vendorKeyNames)` answers them. */
  vendorKeys: Record<string, string>;
  rates: CreditRates;
  now: Date;
}

/** What was done for one vendor whose key is set. */
export interface SeededVendor {
  vendor: string;
  /** `name_taken`: a provider of somebody's own has this name, and nothing was done. */
  provider: 'created' | 'kept' | 'name_taken';
  key: 'added' | 'replaced' | 'kept';
  /** Aliases of the models that were added. */
  models: string[];
}

/**
 * Sets up every vendor of the catalogue whose key is in the environment: its provider, its models for chats and embeddings, and their
 * prices in credits. Running it again adds what a newer catalogue has more, follows a key that was changed in the environment, and
 * overwrites nothing that an administrator changed, disabled or removed. Each vendor is a transaction of its own.
 */
export async function seedVendors(em: EntityManager, { vault, vendorKeys, rates, now }: SeedVendors): Promise<SeededVendor[]> {
  const wanted = new Map(vendorEnvironment.flatMap(({ vendor, env }) => (vendorKeys[env] ? [[vendor, vendorKeys[env]]] : [])));
  if (wanted.size === 0) return [];
  const { providers, models } = await readCatalogue();
  const seeded: SeededVendor[] = [];
  for (const vendor of providers) {
    const secret = wanted.get(vendor.id);
    if (secret === undefined) continue;
    const offered = offeredModels(models, vendor.id, rates);
    seeded.push(await inTransaction(em, (tx) => seedVendor(tx, { vault, vendor, secret, models: offered, now })));
  }
  return seeded;
}

/** What is offered of a vendor, at its list prices in credits. */
export function offeredModels(models: CatalogueModel[], vendor: string, rates: CreditRates): SeedModel[] {
  return models.filter((model) => model.provider === vendor && isOffered(model)).flatMap((model) => seedOf(model, rates));
}

function seedOf(model: CatalogueModel, rates: CreditRates): SeedModel[] {
  const { id, capabilities, context_window, max_output_tokens } = model;
  const price = renderListPrice(model, rates);
  return price === null ? [] : [{ model: id, capabilities, context_window, max_output_tokens, price }];
}

interface SeedVendor {
  vault: Vault;
  vendor: CatalogueProvider;
  secret: string;
  models: SeedModel[];
  now: Date;
}

async function seedVendor(tx: EntityManager, { vault, vendor, secret, models, now }: SeedVendor): Promise<SeededVendor> {
  const createdId = await insertProvider(tx, { name: vendor.id, vendor: vendor.id, baseUrl: vendor.base_url, limits: {} });
  const provider = createdId === null ? 'kept' : 'created';
  const row = await findVendor(tx, vendor.id);
  if (!row) return { vendor: vendor.id, provider: 'name_taken', key: 'kept', models: [] };

  if (provider === 'created')
    await insertProviderKey(tx, vault, { providerId: row.id, secret, weight: 1, limits: {}, origin: 'environment' });
  const key = provider === 'created' ? 'added' : await replaceEnvironmentKey(tx, vault, { providerId: row.id, secret });
  const aliases = await seedModels(tx, { vendor: vendor.id, provider: row.name, models, now });

  const seeded: SeededVendor = { vendor: vendor.id, provider, key, models: aliases };
  const hasChanged = provider === 'created' || key === 'replaced' || aliases.length > 0;
  if (hasChanged) await recordAction(tx, { actorId: systemActor, action: 'provider.seed', objectId: row.id, details: { ...seeded } });
  return seeded;
}

/** The row made from a vendor, locked. */
export async function findVendor(tx: EntityManager, vendor: string): Promise<{ id: string; name: string } | null> {
  const [row] = await execute<{ id: string; name: string }>(tx, sql`select id, name from providers where vendor = ${vendor} for update`);
  return row ?? null;
}
