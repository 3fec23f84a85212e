import { ModelCapability } from '@sluice/contract';
import type { CatalogueModel } from './catalogue-model.ts';
import type { CatalogueProvider } from './catalogue-provider.ts';
import { isOffered } from './is-offered.ts';
import { readCatalogue } from './read-catalogue.ts';

/** What the catalogue says of a vendor, without its hundreds of rows. */
export interface VendorCard {
  vendor: CatalogueProvider;
  /** Of the models that are offered. */
  capabilities: ModelCapability[];
  modelsCount: number;
  offeredCount: number;
}

let known: Promise<VendorCard[]> | null = null;

/** Every vendor of the catalogue, ordered by id. The catalogue comes with the code, so it is read once a process. */
export function readVendorCards(): Promise<VendorCard[]> {
  known ??= read();
  return known;
}

async function read(): Promise<VendorCard[]> {
  const { providers, models } = await readCatalogue();
  const byVendor = Map.groupBy(models, ({ provider }) => provider);
  return providers.map((vendor) => renderCard(vendor, byVendor.get(vendor.id) ?? []));
}

function renderCard(vendor: CatalogueProvider, models: CatalogueModel[]): VendorCard {
  const offered = models.filter(isOffered);
  return {
    vendor,
    capabilities: ModelCapability.options.filter((capability) => offered.some(({ capabilities }) => capabilities.includes(capability))),
    modelsCount: models.length,
    offeredCount: offered.length,
  };
}
