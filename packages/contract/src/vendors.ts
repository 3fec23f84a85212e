import { z } from 'zod';
import { ModelCapability } from './models.ts';
import { ProviderApiKey, ProviderBaseUrl, ProviderLimits } from './providers.ts';
import { text } from './text.ts';

/** `key_missing`: set up, but every key of it is out of use. */
export const VendorState = z.enum(['not_set_up', 'set_up', 'key_missing', 'disabled']);
export type VendorState = z.infer<typeof VendorState>;

const url = z.string().nullable();
const limit = z.int().nullable();

/** A vendor, cloud, aggregator or local server of the catalogue, and whether it is set up here. */
export const VendorObject = z
  .object({
    id: z.string(),
    object: z.literal('vendor'),
    group: z.string().meta({ description: 'Ties the regions of one company together that have keys of their own' }),
    name: z.string(),
    name_zh: z.string(),
    kind: z.enum(['vendor', 'cloud', 'aggregator', 'local']),
    currency: z.enum(['USD', 'CNY']).meta({ description: 'Of its list prices' }),
    base_url: z.string().meta({ description: '`{...}` is to be filled in: `base_url` must be given then' }),
    regions: z.array(z.object({ region: z.string(), base_url: z.string(), note: z.string() })),
    needs_key: z.boolean(),
    environment_variable: z.string().nullable().meta({ description: 'A key in this variable sets it up at the start' }),
    links: z.object({ site: url, docs: url, models: url, pricing: url, api_keys: url }),
    capabilities: z.array(ModelCapability).meta({ description: 'Of the models that would be set up' }),
    models: z.object({
      catalogue: z.int().meta({ description: 'Models that the catalogue knows' }),
      offered: z.int().meta({ description: 'Those that set-up adds: they work now and have a price by token' }),
      here: z.int().meta({ description: 'Models here that are asked of it' }),
    }),
    published_limits: z.array(z.object({ scope: z.string(), rpm: limit, tpm: limit, concurrency: limit })),
    state: VendorState,
    provider_id: z.string().nullable(),
  })
  .meta({ id: 'Vendor' });
export type VendorObject = z.infer<typeof VendorObject>;

export const VendorList = z.object({ object: z.literal('list'), data: z.array(VendorObject) });

export const SetUpVendorRequest = z
  .strictObject({
    api_key: ProviderApiKey.optional().meta({ description: 'Left out for a server that needs none, or for a vendor that has one here' }),
    region: text(64).min(1).optional().meta({ description: 'One of its `regions`; left out, its usual address' }),
    base_url: ProviderBaseUrl.optional().meta({
      description: 'Instead of a region: an address of your own, such as that of a local server',
    }),
    limits: ProviderLimits.default({}).meta({ description: 'Of each key, when the provider is created' }),
  })
  .refine(({ region, base_url: baseUrl }) => region === undefined || baseUrl === undefined, {
    path: ['base_url'],
    error: 'must not be given beside region',
  })
  .meta({ id: 'SetUpVendor' });
export type SetUpVendorRequest = z.infer<typeof SetUpVendorRequest>;

/** What setting up a vendor did; done again, everything is `kept`. */
export const VendorSetUpObject = z
  .object({
    object: z.literal('vendor_set_up'),
    provider: z.enum(['created', 'kept']),
    key: z.enum(['added', 'enabled', 'kept']).meta({ description: '`enabled`: it was here, and its provider had refused it' }),
    models: z.array(z.string()).meta({ description: 'Aliases of the models that were added' }),
    vendor: VendorObject,
  })
  .meta({ id: 'VendorSetUp' });
export type VendorSetUpObject = z.infer<typeof VendorSetUpObject>;

/** Nothing is to be said, by no body or an empty object. */
export const InitRequest = z.strictObject({}).meta({ id: 'InitRequest' });

/** What `sluice init` did, a line each, in the order it was done. */
export const InitObject = z
  .object({
    object: z.literal('init'),
    changed: z.boolean(),
    steps: z.array(
      z.object({
        part: z.enum(['templates', 'models', 'default_models']),
        changed: z.boolean(),
        message: z.string(),
      }),
    ),
  })
  .meta({ id: 'Init' });
export type InitObject = z.infer<typeof InitObject>;
