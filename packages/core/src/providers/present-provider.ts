import type { ProviderKeyObject, ProviderObject, ProviderState } from '@sluice/contract';
import type { ProviderKeyRow, ProviderRow } from './provider-row.ts';

/** A provider as administrators see it. */
export function presentProvider({ id, name, vendor, baseUrl, limits, enabled, createdAt, keys }: ProviderRow): ProviderObject {
  return {
    id,
    object: 'provider',
    name,
    vendor,
    base_url: baseUrl,
    limits,
    enabled,
    state: stateOf({ isEnabled: enabled, hasKey: keys.some((key) => key.enabled) }),
    keys: keys.map(presentProviderKey),
    created_at: createdAt,
  };
}

export function presentProviderKey(key: ProviderKeyRow): ProviderKeyObject {
  return { ...key, object: 'provider_key' };
}

export function stateOf({ isEnabled, hasKey }: { isEnabled: boolean; hasKey: boolean }): ProviderState {
  if (!isEnabled) return 'disabled';
  return hasKey ? 'ready' : 'no_usable_key';
}
