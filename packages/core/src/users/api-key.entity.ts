import type { Scope } from '@sluice/contract';
import { defineEntity, p } from '@mikro-orm/core';

const ApiKeySchema = defineEntity({
  name: 'ApiKey',
  tableName: 'api_keys',
  properties: {
    id: p.string().primary(),
    userId: p.string(),
    name: p.string(),
    lastFour: p.string(),
    scopes: p.array<Scope>((scope) => scope as Scope),
    requestsPerMinute: p.integer().nullable(),
    expiresAt: p.datetime().nullable(),
    revokedAt: p.datetime().nullable(),
    lastUsedAt: p.datetime().nullable(),
    createdAt: p.datetime(),
  },
});

/** An API key as its owner sees it: the secret is known by its hash alone, which is not among what is read. */
export class ApiKey extends ApiKeySchema.class {}
ApiKeySchema.setClass(ApiKey);
