import type { SetUpVendorRequest, VendorSetUpObject } from '@sluice/contract';
import { AppError, notFound } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { recordAction } from '../audit-log/index.ts';
import { execute, inTransaction, sql } from '../database/index.ts';
import { findKeyBySecret } from './add-provider-key.ts';
import { readCatalogue } from './catalogue/read-catalogue.ts';
import type { CreditRates } from './catalogue/render-price.ts';
import { insertProvider } from './create-provider.ts';
import { insertProviderKey } from './insert-provider-key.ts';
import { getProvider } from './list-providers.ts';
import { planVendor, type VendorPlan } from './plan-vendor.ts';
import { seedModels } from './seed-models.ts';
import { findVendor, offeredModels } from './seed-vendors.ts';
import { disabledByAdministrator } from './update-provider-key.ts';
import type { Vault } from './vault.ts';

export interface SetUpVendor {
  vault: Vault;
  actorId: string;
  vendorId: string;
  request: SetUpVendorRequest;
  rates: CreditRates;
  now: Date;
}

/** What was done, and to which provider. */
export type VendorSetUp = Pick<VendorSetUpObject, 'provider' | 'key' | 'models'> & { providerId: string };

/**
 * Sets up a vendor of the catalogue from one key: its provider, the key, its models and their prices in credits. Done again it adds
 * what is missing (a key that is new, models of a newer catalogue) and overwrites nothing that an administrator changed, disabled
 * or removed.
 * @throws AppError `not_found` for an unknown vendor, `invalid_request` without a key or an address, `conflict` when it is set up at
 * another address or its name is taken
 */
export async function setUpVendor(em: EntityManager, { vault, actorId, vendorId, request, rates, now }: SetUpVendor): Promise<VendorSetUp> {
  const { providers, models } = await readCatalogue();
  const vendor = providers.find(({ id }) => id === vendorId);
  if (!vendor) throw notFound('vendor');
  const offered = offeredModels(models, vendor.id, rates);
  return inTransaction(em, async (tx) => {
    const isNew = (await findVendor(tx, vendor.id)) === null;
    const plan = planVendor(vendor, request, isNew);
    const created = isNew
      ? await insertProvider(tx, { name: vendor.id, vendor: vendor.id, baseUrl: plan.baseUrl, limits: request.limits })
      : null;
    const row = await getVendorRow(tx, vendor.id);
    await refuseOtherAddress(tx, row.id, plan);
    const key = await keepKey(tx, vault, { providerId: row.id, secret: plan.secret });
    const aliases = await seedModels(tx, { vendor: vendor.id, provider: row.name, models: offered, now });

    const done: VendorSetUp = { provider: created === null ? 'kept' : 'created', key, models: aliases, providerId: row.id };
    const hasChanged = created !== null || key !== 'kept' || aliases.length > 0;
    const details = { vendor: vendor.id, base_url: plan.baseUrl, provider: done.provider, key, models: aliases };
    if (hasChanged) await recordAction(tx, { actorId, action: 'vendor.set_up', objectId: row.id, details });
    return done;
  });
}

/** The row, locked. Where there is none still, the name belongs to a provider of somebody's own. */
async function getVendorRow(tx: EntityManager, vendor: string): Promise<{ id: string; name: string }> {
  const row = await findVendor(tx, vendor);
  if (row) return row;
  const message = `A provider of your own is called ${vendor}, so the vendor cannot be set up beside it. Add keys and models to that one.`;
  throw new AppError('conflict', message);
}

/** An address that an administrator set stays; one that is asked for and differs is not silently ignored. */
async function refuseOtherAddress(tx: EntityManager, providerId: string, { baseUrl, isAddressGiven }: VendorPlan): Promise<void> {
  const { baseUrl: current } = await getProvider(tx, providerId);
  if (!isAddressGiven || current === baseUrl) return;
  const message = `The vendor is set up at ${current}. To move it, change base_url with PATCH /v1/admin/providers/${providerId}.`;
  throw new AppError('conflict', message, { param: 'base_url' });
}

/** A secret that is here is not added twice. One that its provider had refused comes back into use; one that a person disabled does not. */
async function keepKey(
  tx: EntityManager,
  vault: Vault,
  { providerId, secret }: { providerId: string; secret: string | null },
): Promise<VendorSetUp['key']> {
  const { keys } = await getProvider(tx, providerId);
  if (secret === null) {
    if (keys.length > 0) return 'kept';
    throw new AppError('invalid_request', 'api_key: is required, since the vendor has no key here.', { param: 'api_key' });
  }
  const keyId = await findKeyBySecret(tx, vault, providerId, secret);
  if (keyId === null) {
    await insertProviderKey(tx, vault, { providerId, secret, weight: 1, limits: {}, origin: 'admin' });
    return 'added';
  }
  const [enabled] = await execute(
    tx,
    sql`update provider_keys set enabled = true, disabled_reason = null
        where id = ${keyId} and not enabled and disabled_reason is distinct from ${disabledByAdministrator} returning id`,
  );
  return enabled ? 'enabled' : 'kept';
}
