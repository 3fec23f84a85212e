import { z } from 'zod';
import { text } from './text.ts';

/** What a credential may do: an area of the API and whether it may change anything there. `admin` needs the role as well. */
export const Scope = z.enum(['jobs:read', 'jobs:write', 'account:read', 'account:write', 'admin:read', 'admin:write']);
export type Scope = z.infer<typeof Scope>;

const Scopes = z
  .array(Scope)
  .min(1)
  .max(Scope.options.length)
  .refine((scopes) => new Set(scopes).size === scopes.length, { error: 'has one of them twice' });

export const CreateApiKeyRequest = z
  .strictObject({
    name: text(100).min(1),
    scopes: Scopes.default(['jobs:read', 'jobs:write', 'account:read']),
    requests_per_minute: z.int().min(1).max(1_000_000).nullable().default(null),
    expires_at: z.iso.datetime({ offset: true }).nullable().default(null),
  })
  .meta({ id: 'CreateApiKey' });
export type CreateApiKeyRequest = z.infer<typeof CreateApiKeyRequest>;

export const ApiKeyObject = z
  .object({
    id: z.string(),
    object: z.literal('api_key'),
    name: z.string(),
    last_four: z.string(),
    scopes: z.array(Scope),
    requests_per_minute: z.int().nullable(),
    expires_at: z.iso.datetime().nullable(),
    last_used_at: z.iso.datetime().nullable().meta({ description: 'To about a minute' }),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'ApiKey' });
export type ApiKeyObject = z.infer<typeof ApiKeyObject>;

export const CreatedApiKeyObject = ApiKeyObject.extend({
  secret: z
    .string()
    .nullable()
    .meta({ description: 'The key itself, shown this once; null when the same Idempotency-Key comes again', examples: ['sk-...'] }),
}).meta({ id: 'CreatedApiKey' });
export type CreatedApiKeyObject = z.infer<typeof CreatedApiKeyObject>;

export const DeletedApiKeyObject = z
  .object({ id: z.string(), object: z.literal('api_key'), deleted: z.literal(true) })
  .meta({ id: 'DeletedApiKey' });
