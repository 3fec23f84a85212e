import type { ModelObject, Price, PublicModelObject } from '@sluice/contract';
import type { ModelRow } from './model-row.ts';

/** A model as administrators see it. */
export function presentModel(model: ModelRow): ModelObject {
  const { id, alias, capabilities, routes, contextWindow, maxOutputTokens, defaultMaxTokens, cacheTtlS, cacheScope, enabled, createdAt } =
    model;
  return {
    id,
    object: 'model',
    alias,
    capabilities,
    routes: routes.map(({ provider, model: name }) => ({ provider, model: name })),
    context_window: contextWindow,
    max_output_tokens: maxOutputTokens,
    default_max_tokens: defaultMaxTokens,
    cache_ttl_s: cacheTtlS,
    cache_scope: cacheScope,
    enabled,
    price: model.price,
    price_id: model.priceId,
    created_at: createdAt,
  };
}

/** A model as callers see it: OpenAI's object, and what this service adds. It must be one that is offered. */
export function presentPublicModel({
  alias,
  capabilities,
  routes,
  contextWindow,
  maxOutputTokens,
  cacheTtlS,
  cacheScope,
  price,
  createdAt,
}: ModelRow): PublicModelObject {
  return {
    id: alias,
    object: 'model',
    created: Math.floor(Date.parse(createdAt) / 1000),
    owned_by: routes.find(({ isEnabled }) => isEnabled)?.provider ?? '',
    capabilities,
    context_window: contextWindow,
    max_output_tokens: maxOutputTokens,
    cache_ttl_s: cacheTtlS,
    cache_scope: cacheScope,
    price: pricedOrThrow(price),
  };
}

function pricedOrThrow(price: Price | null): Price {
  if (!price) throw new Error('a model without a price was presented');
  return price;
}
