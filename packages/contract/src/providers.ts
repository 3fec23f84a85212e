import { z } from 'zod';
import { text } from './text.ts';

const limit = z.int().min(1).max(1_000_000_000);

const keyLimits = { rpm: limit.optional(), tpm: limit.optional(), concurrency: limit.optional() };

/** More than any account has models that it uses. */
const limitedModelsMax = 500;

/** What a provider allows one key: requests and tokens a minute, calls at once. What is left out is not limited. */
export const ProviderLimits = z
  .strictObject({
    ...keyLimits,
    models: z
      .record(text(256).min(1), z.strictObject(keyLimits))
      .refine((models) => Object.keys(models).length <= limitedModelsMax, { error: `must not be more than ${limitedModelsMax} models` })
      .optional()
      .meta({ description: "The same for one model besides, by the provider's own name of it" }),
  })
  .meta({ id: 'ProviderLimits', description: 'Of each key: requests a minute, tokens a minute, calls at once' });
export type ProviderLimits = z.infer<typeof ProviderLimits>;

/**
 * The base URL of an OpenAI-compatible API, without a slash at the end. It may be a private address: an administrator who
 * creates the provider allows it by that.
 */
export const ProviderBaseUrl = z
  .string()
  .max(2048)
  .refine((value) => /^https?:\/\/[^\s{}]+$/i.test(value) && URL.canParse(value), { error: 'must be an http or https URL', abort: true })
  .refine((value) => !/^[^/]*\/\/[^/?#]*@/.test(value), { error: 'must not carry a user name or password' })
  .refine((value) => !/[?#]/.test(value), { error: 'must not have a query or a fragment' })
  .overwrite((value) => value.replace(/\/+$/, ''))
  .meta({ examples: ['https://api.deepseek.com'] });

/** A provider's API key: it goes into a header as it is. */
export const ProviderApiKey = z
  .string()
  .max(4096)
  .regex(/^[\x21-\x7e]+$/, { error: 'must be printable ASCII without spaces' });

export const ProviderName = z
  .string()
  .max(64)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, {
    error: 'must be letters, digits, dots, dashes and underscores, and begin with a letter or digit',
  });

const weight = z.int().min(1).max(1000).meta({ description: 'The share of calls this key takes, beside the other keys of its provider' });

export const CreateProviderRequest = z
  .strictObject({ name: ProviderName, base_url: ProviderBaseUrl, api_key: ProviderApiKey, limits: ProviderLimits.default({}) })
  .meta({ id: 'CreateProvider' });
export type CreateProviderRequest = z.infer<typeof CreateProviderRequest>;

/** `limits` replaces all of them. */
export const UpdateProviderRequest = z
  .strictObject({ base_url: ProviderBaseUrl.optional(), limits: ProviderLimits.optional(), enabled: z.boolean().optional() })
  .meta({ id: 'UpdateProvider' });
export type UpdateProviderRequest = z.infer<typeof UpdateProviderRequest>;

export const AddProviderKeyRequest = z
  .strictObject({ api_key: ProviderApiKey, weight: weight.default(1), limits: ProviderLimits.default({}) })
  .meta({ id: 'AddProviderKey' });
export type AddProviderKeyRequest = z.infer<typeof AddProviderKeyRequest>;

export const UpdateProviderKeyRequest = z
  .strictObject({ weight: weight.optional(), limits: ProviderLimits.optional(), enabled: z.boolean().optional() })
  .meta({ id: 'UpdateProviderKey' });
export type UpdateProviderKeyRequest = z.infer<typeof UpdateProviderKeyRequest>;

/** A key as administrators see it: never its secret. */
export const ProviderKeyObject = z
  .object({
    id: z.string(),
    object: z.literal('provider_key'),
    last_four: z.string(),
    weight: z.int(),
    limits: ProviderLimits.meta({ description: "Instead of the provider's, each where it is set" }),
    enabled: z.boolean(),
    disabled_reason: z.string().nullable(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'ProviderKey' });
export type ProviderKeyObject = z.infer<typeof ProviderKeyObject>;

/** `no_usable_key`: enabled, but every key of it is disabled. */
export const ProviderState = z.enum(['ready', 'disabled', 'no_usable_key']);
export type ProviderState = z.infer<typeof ProviderState>;

export const ProviderObject = z
  .object({
    id: z.string(),
    object: z.literal('provider'),
    name: z.string(),
    vendor: z.string().nullable().meta({ description: 'Which vendor of the catalogue it is; null for one of your own' }),
    base_url: z.string(),
    limits: ProviderLimits,
    enabled: z.boolean(),
    state: ProviderState,
    keys: z.array(ProviderKeyObject),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'Provider' });
export type ProviderObject = z.infer<typeof ProviderObject>;

const count = z.int().nonnegative();

const taken = z.object({ used: count, limit: count }).nullable();

/** What is taken of a key's limits, or of those it has for one model. What is not limited is null. */
export const LimitUseObject = z
  .object({
    model: z.string().nullable().meta({ description: "The provider's name of a model; null for the key's own limits" }),
    rpm: taken.meta({ description: 'Calls begun in the last 60 s' }),
    tpm: taken.meta({ description: 'Tokens charged in the last 60 s' }),
    concurrency: taken.meta({ description: 'Calls under way' }),
  })
  .meta({ id: 'LimitUse' });
export type LimitUseObject = z.infer<typeof LimitUseObject>;

/** `cooling`: the provider asked for a pause. `open`: it kept failing. `half_open`: one call tries whether it is back. */
export const RestState = z.enum(['cooling', 'open', 'half_open']);

/** A key as it is used now. `limits` and `rests` are null while the store of limits cannot be reached. */
export const LaneKeyObject = z
  .object({
    id: z.string(),
    object: z.literal('lane_key'),
    last_four: z.string(),
    enabled: z.boolean(),
    disabled_reason: z.string().nullable(),
    running: count.meta({ description: 'Attempts that run with it' }),
    limits: z.array(LimitUseObject).nullable(),
    rests: z
      .array(z.object({ model: z.string(), state: RestState, until: z.iso.datetime() }))
      .nullable()
      .meta({ description: 'Models that this key is not used for now' }),
  })
  .meta({ id: 'LaneKey' });
export type LaneKeyObject = z.infer<typeof LaneKeyObject>;

/** How busy a provider's queues are. The counts of messages are null while the queue cannot be reached. */
export const LaneObject = z
  .object({
    provider_id: z.string(),
    object: z.literal('lane'),
    provider: z.string(),
    state: ProviderState,
    messages: z.object({ waiting: count, active: count, delayed: count }).nullable(),
    jobs: z.object({ queued: count, running: count }),
    oldest_queued_ms: count.nullable(),
    keys: z.array(LaneKeyObject),
  })
  .meta({ id: 'Lane' });
export type LaneObject = z.infer<typeof LaneObject>;

export const LaneList = z.object({ object: z.literal('list'), data: z.array(LaneObject) });

export const DeletedProviderKeyObject = z.object({ id: z.string(), object: z.literal('provider_key'), deleted: z.literal(true) });
