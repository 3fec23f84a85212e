import type { CatalogueModel } from './catalogue-model.ts';

/** Whether set-up adds a model of the catalogue: a chat model that works now and has a known price by token, at the vendor's usual address. */
export function isOffered({ endpoint, status, price_unit: unit, base_url_override: otherUrl }: CatalogueModel): boolean {
  return endpoint === 'chat' && status !== 'retired' && status !== 'deprecated' && !otherUrl && unit === 'per_1m_tokens';
}
