import { z } from 'zod';
import { FailureKind } from './failure.ts';
import { ModelCapability } from './models.ts';
import { text } from './text.ts';

/** What to ask when a provider is tested; left out, one of its own models and its first key that is in use. */
export const TestProviderRequest = z
  .strictObject({
    model: text(256).min(1).optional().meta({ description: "The provider's own name of a model" }),
    key_id: z.string().optional().meta({ description: 'One key of the provider, which may be disabled' }),
  })
  .meta({ id: 'TestProvider' });
export type TestProviderRequest = z.infer<typeof TestProviderRequest>;

/** How one call of one token went. */
export const ProviderTestObject = z
  .object({
    object: z.literal('provider_test'),
    ok: z.boolean(),
    model: z.string(),
    key_id: z.string(),
    latency_ms: z.int().nonnegative(),
    error: z.object({ kind: FailureKind, message: z.string() }).nullable().meta({ description: "The vendor's own words, without the key" }),
  })
  .meta({ id: 'ProviderTest' });
export type ProviderTestObject = z.infer<typeof ProviderTestObject>;

/** A model that the vendor lists. `suggested` and a price make the body of POST /v1/admin/models. */
export const VendorModelObject = z
  .object({
    id: z.string(),
    object: z.literal('vendor_model'),
    aliases: z.array(z.string()).meta({ description: 'The models here that are asked of it' }),
    suggested: z.object({
      alias: z.string(),
      capabilities: z.array(ModelCapability).meta({ description: 'Guessed from the row and its name' }),
      routes: z.array(z.object({ provider: z.string(), model: z.string() })),
      context_window: z.int().nullable(),
    }),
  })
  .meta({ id: 'VendorModel' });
export type VendorModelObject = z.infer<typeof VendorModelObject>;

export const VendorModelList = z.object({ object: z.literal('list'), data: z.array(VendorModelObject) });
