import type { ApiKeyObject } from '@sluice/contract';
import type { ApiKey } from './api-key.entity.ts';

/** A key as its owner sees it, without the secret. */
export function presentApiKey(key: ApiKey): ApiKeyObject {
  return {
    id: key.id,
    object: 'api_key',
    name: key.name,
    last_four: key.lastFour,
    scopes: key.scopes,
    requests_per_minute: key.requestsPerMinute ?? null,
    expires_at: key.expiresAt?.toISOString() ?? null,
    last_used_at: key.lastUsedAt?.toISOString() ?? null,
    created_at: key.createdAt.toISOString(),
  };
}
