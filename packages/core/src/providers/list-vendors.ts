import type { VendorObject, VendorState } from '@sluice/contract';
import { notFound } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import { readVendorCards, type VendorCard } from './catalogue/vendor-cards.ts';
import { vendorEnvironment } from './catalogue/vendor-environment.ts';
import { stateOf } from './present-provider.ts';

/** The provider that a vendor was set up as. */
interface VendorProvider {
  vendor: string;
  id: string;
  isEnabled: boolean;
  hasKey: boolean;
  modelsHere: number;
}

/** Every vendor of the catalogue and whether it is set up, ordered by id. */
export async function listVendors(em: EntityManager): Promise<VendorObject[]> {
  const [cards, providers] = await Promise.all([readVendorCards(), selectProviders(em)]);
  const byVendor = new Map(providers.map((provider) => [provider.vendor, provider]));
  return cards.map((card) => presentVendor(card, byVendor.get(card.vendor.id)));
}

/** @throws AppError `not_found` */
export async function getVendor(em: EntityManager, id: string): Promise<VendorObject> {
  const vendor = (await listVendors(em)).find((each) => each.id === id);
  if (!vendor) throw notFound('vendor');
  return vendor;
}

function selectProviders(em: EntityManager): Promise<VendorProvider[]> {
  return execute<VendorProvider>(
    em,
    sql`select p.vendor, p.id, p.enabled as "isEnabled",
               exists (select from provider_keys k where k.provider_id = p.id and k.enabled) as "hasKey",
               (select count(distinct r.model_id)::int from model_routes r where r.provider_id = p.id) as "modelsHere"
        from providers p where p.vendor is not null`,
  );
}

const states = { ready: 'set_up', disabled: 'disabled', no_usable_key: 'key_missing' } as const satisfies Record<string, VendorState>;

function presentVendor(
  { vendor, capabilities, modelsCount, offeredCount }: VendorCard,
  provider: VendorProvider | undefined,
): VendorObject {
  const { id, group, name_en: name, name_zh, kind, currency, base_url } = vendor;
  return {
    id,
    object: 'vendor',
    group,
    name,
    name_zh,
    kind,
    currency,
    base_url,
    regions: vendor.base_url_variants,
    needs_key: vendor.auth.style !== 'none',
    environment_variable: vendorEnvironment.find((known) => known.vendor === id)?.env ?? null,
    links: {
      site: vendor.site_url,
      docs: vendor.docs_url,
      models: vendor.models_url,
      pricing: vendor.pricing_url,
      api_keys: vendor.api_key_url,
    },
    capabilities,
    models: { catalogue: modelsCount, offered: offeredCount, here: provider?.modelsHere ?? 0 },
    published_limits: vendor.default_limits.map(({ scope, rpm, tpm, concurrency }) => ({ scope, rpm, tpm, concurrency })),
    state: provider ? states[stateOf(provider)] : 'not_set_up',
    provider_id: provider?.id ?? null,
  };
}
