import type { ProviderLimits } from '@sluice/contract';

/** A key's limits: its own where it has them, else its provider's; likewise for each model. Pure. */
export function mergeLimits(ofProvider: ProviderLimits, ofKey: ProviderLimits): ProviderLimits {
  const { models: providerModels, ...limits } = ofProvider;
  const { models: keyModels, ...own } = ofKey;
  if (!providerModels && !keyModels) return { ...limits, ...own };
  const names = new Set([...Object.keys(providerModels ?? {}), ...Object.keys(keyModels ?? {})]);
  const models = Object.fromEntries([...names].map((name) => [name, { ...providerModels?.[name], ...keyModels?.[name] }]));
  return { ...limits, ...own, models };
}
