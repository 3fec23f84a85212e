import { z } from 'zod';
import { FailureKind } from './failure.ts';
import { ProviderApiKey, ProviderName } from './providers.ts';
import { text } from './text.ts';

/**
 * Whose provider keys a job is called with: this service's, the user's own, or the user's own where there is one.
 */
export const KeyChoice = z.enum(['platform', 'own', 'auto']).meta({
  id: 'KeyChoice',
  description: "Whose provider keys to use: the platform's (unless set), your own, or your own where you have one",
});
export type KeyChoice = z.infer<typeof KeyChoice>;

export const CreateOwnKeyRequest = z
  .strictObject({
    provider: ProviderName.meta({ description: 'The name of a provider, as GET /v1/provider-keys/providers lists them' }),
    api_key: ProviderApiKey,
    name: text(100).default('').meta({ description: 'A note to tell your keys apart' }),
  })
  .meta({ id: 'CreateOwnKey' });
export type CreateOwnKeyRequest = z.infer<typeof CreateOwnKeyRequest>;

export const RotateOwnKeyRequest = z.strictObject({ api_key: ProviderApiKey }).meta({ id: 'RotateOwnKey' });
export type RotateOwnKeyRequest = z.infer<typeof RotateOwnKeyRequest>;

/** A provider key of the user's own: never its secret. */
export const OwnKeyObject = z
  .object({
    id: z.string(),
    object: z.literal('own_provider_key'),
    provider: z.string(),
    name: z.string(),
    last_four: z.string(),
    enabled: z.boolean().meta({ description: 'False once the provider has refused it' }),
    disabled_reason: z.string().nullable(),
    created_at: z.iso.datetime(),
    rotated_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'OwnKey' });
export type OwnKeyObject = z.infer<typeof OwnKeyObject>;

export const DeletedOwnKeyObject = z.object({ id: z.string(), object: z.literal('own_provider_key'), deleted: z.literal(true) });

/** How one call of one token with a user's key went. */
export const OwnKeyTestObject = z
  .object({
    object: z.literal('own_provider_key_test'),
    id: z.string(),
    ok: z.boolean(),
    model: z.string(),
    latency_ms: z.int().nonnegative(),
    error: z.object({ kind: FailureKind, message: z.string() }).nullable().meta({ description: "The vendor's own words, without the key" }),
  })
  .meta({ id: 'OwnKeyTest' });
export type OwnKeyTestObject = z.infer<typeof OwnKeyTestObject>;

/** The providers that a key may be stored for, with the models that it may then be used for. */
export const KeyableProviderList = z.object({
  object: z.literal('list'),
  data: z.array(z.object({ name: z.string(), models: z.array(z.string()) })),
});
