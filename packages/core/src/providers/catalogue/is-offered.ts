import type { CatalogueModel } from './catalogue-model.ts';

/** Vendors whose rerank is at the address that most use; the others have one of their own. */
const rerankVendors = new Set(['siliconflow', 'vllm', 'xinference']);

/** Whether set-up adds a model of the catalogue: one that can be asked here, works now and has a known price by token, at the vendor's usual address. */
export function isOffered(model: CatalogueModel): boolean {
  const { status, price_unit: unit, base_url_override: otherUrl } = model;
  return isSpoken(model) && status !== 'retired' && status !== 'deprecated' && !otherUrl && unit === 'per_1m_tokens';
}

function isSpoken({ endpoint, provider }: CatalogueModel): boolean {
  return endpoint === 'chat' || endpoint === 'embeddings' || (endpoint === 'rerank' && rerankVendors.has(provider));
}
