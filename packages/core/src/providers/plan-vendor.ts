import { ProviderBaseUrl, type Fault, type SetUpVendorRequest } from '@sluice/contract';
import type { CatalogueProvider } from './catalogue/catalogue-provider.ts';
import { refuse } from './model-faults.ts';

export interface VendorPlan {
  baseUrl: string;
  /** Whether the caller named an address, by itself or by its region. */
  isAddressGiven: boolean;
  /** Null when none was given: the vendor must have one here already. */
  secret: string | null;
}

/** What a server gets that needs no key; a key is a header, which it ignores. */
const noKey = 'none';

/**
 * Decides where a vendor is asked and with what. Pure.
 * @throws AppError `invalid_request` with every fault
 */
export function planVendor(vendor: CatalogueProvider, request: SetUpVendorRequest, isNew: boolean): VendorPlan {
  const { api_key: apiKey, region, base_url: given } = request;
  const variant = vendor.base_url_variants.find((each) => each.region === region);
  const baseUrl = given ?? variant?.base_url ?? vendor.base_url;
  const isLocal = vendor.auth.style === 'none';
  const faults: Fault[] = [];
  if (region !== undefined && !variant) faults.push({ path: 'region', message: renderRegions(vendor) });
  if (isNew && apiKey === undefined && !isLocal) faults.push({ path: 'api_key', message: 'is required' });
  if (isNew && !ProviderBaseUrl.safeParse(baseUrl).success) faults.push({ path: 'base_url', message: `is required: fill in ${baseUrl}` });
  refuse(faults);
  return { baseUrl, isAddressGiven: region !== undefined || given !== undefined, secret: apiKey ?? (isNew && isLocal ? noKey : null) };
}

function renderRegions({ id, base_url_variants: variants }: CatalogueProvider): string {
  return variants.length === 0 ? `${id} has none` : `must be one of ${variants.map(({ region }) => region).join(', ')}`;
}
