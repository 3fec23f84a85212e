import type { ProviderQuirks } from '@sluice/contract';
import { readCatalogueProviders } from './catalogue/read-catalogue.ts';
import { renderQuirks } from './catalogue/render-quirks.ts';

let known: Promise<Map<string, ProviderQuirks>> | null = null;

/** The quirks of every vendor of the catalogue. It is a file that comes with the code, so it is read once a process. */
export function readVendorQuirks(): Promise<Map<string, ProviderQuirks>> {
  known ??= read();
  return known;
}

async function read(): Promise<Map<string, ProviderQuirks>> {
  const vendors = await readCatalogueProviders();
  return new Map(vendors.map((vendor) => [vendor.id, renderQuirks(vendor)]));
}
