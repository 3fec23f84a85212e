import type { OwnKeyObject } from '@sluice/contract';
import type { OwnKeyRow } from './own-key-row.ts';

/** A key as its user sees it: never its secret. */
export function presentOwnKey({ providerId: _providerId, ...key }: OwnKeyRow): OwnKeyObject {
  return { ...key, object: 'own_provider_key' };
}
