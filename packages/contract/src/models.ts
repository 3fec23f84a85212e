import { z } from 'zod';
import { Price } from './price.ts';
import { ProviderName } from './providers.ts';
import { CacheScope, CacheTtlS } from './result-cache.ts';
import { text } from './text.ts';

/** What a model can do. `vision` reads images, `image` makes them. */
export const ModelCapability = z.enum(['text', 'vision', 'reasoning', 'embedding', 'web_search', 'tools', 'rerank', 'image', 'moderation']);
export type ModelCapability = z.infer<typeof ModelCapability>;

/** The name callers use. It may hold slashes, which are percent-encoded in a path. `default:` is kept for default routes. */
export const ModelAlias = z
  .string()
  .max(128)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:/@+-]*$/, { error: 'must be letters, digits and . _ : / @ + - and begin with a letter or digit' })
  .refine((alias) => !alias.startsWith('default:'), { error: 'must not begin with default:' });

const Capabilities = z
  .array(ModelCapability)
  .min(1)
  .max(ModelCapability.options.length)
  .refine((capabilities) => new Set(capabilities).size === capabilities.length, { error: 'has one of them twice' });

/** One entry of a model's ordered list: which provider, and the name that provider knows the model by. */
export const ModelRoute = z.strictObject({ provider: ProviderName, model: text(256).min(1) }).meta({ id: 'ModelRoute' });
export type ModelRoute = z.infer<typeof ModelRoute>;

const Routes = z.array(ModelRoute).min(1, { error: 'must have at least one provider' }).max(16);
const tokens = z.int().min(1).max(100_000_000);

const cacheTtl = CacheTtlS.nullable().meta({
  description: 'How old an answer the jobs of this model take unless they say otherwise; null: they take none unless they ask',
});
const cacheScope = CacheScope.meta({
  description: '`everyone`: its jobs take answers of other users too; only for questions that hold nothing private',
});

export const CreateModelRequest = z
  .strictObject({
    alias: ModelAlias,
    capabilities: Capabilities.default(['text']),
    routes: Routes,
    context_window: tokens.nullable().default(null),
    max_output_tokens: tokens.nullable().default(null),
    default_max_tokens: tokens
      .optional()
      .meta({ description: 'What a job may answer at most when it does not say: 2,048, or less where the model answers less' }),
    cache_ttl_s: cacheTtl.optional(),
    cache_scope: cacheScope.optional(),
    price: Price,
  })
  .meta({ id: 'CreateModel' });
export type CreateModelRequest = z.infer<typeof CreateModelRequest>;

/** `routes` and `capabilities` replace all of them. The price has a route of its own, because it has versions. */
export const UpdateModelRequest = z
  .strictObject({
    capabilities: Capabilities.optional(),
    routes: Routes.optional(),
    context_window: tokens.nullable().optional(),
    max_output_tokens: tokens.nullable().optional(),
    default_max_tokens: tokens.optional(),
    cache_ttl_s: cacheTtl.optional(),
    cache_scope: cacheScope.optional(),
    enabled: z.boolean().optional(),
  })
  .meta({ id: 'UpdateModel' });
export type UpdateModelRequest = z.infer<typeof UpdateModelRequest>;

/** A model as administrators see it. */
export const ModelObject = z
  .object({
    id: z.string(),
    object: z.literal('model'),
    alias: z.string(),
    capabilities: z.array(ModelCapability),
    routes: z.array(ModelRoute),
    context_window: z.int().nullable(),
    max_output_tokens: z.int().nullable(),
    default_max_tokens: z.int(),
    cache_ttl_s: z.int().nullable(),
    cache_scope: CacheScope,
    enabled: z.boolean(),
    price: Price.nullable(),
    price_id: z.string().nullable(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'AdminModel' });
export type ModelObject = z.infer<typeof ModelObject>;

/** A model as callers see it: OpenAI's object, and what this service adds. */
export const PublicModelObject = z
  .object({
    id: z.string().meta({ description: 'The name to send as `model`' }),
    object: z.literal('model'),
    created: z.int().meta({ description: 'Unix seconds' }),
    owned_by: z.string().meta({ description: 'The provider it is asked of first' }),
    capabilities: z.array(ModelCapability),
    context_window: z.int().nullable(),
    max_output_tokens: z.int().nullable(),
    cache_ttl_s: z
      .int()
      .nullable()
      .meta({ description: 'How old an answer is taken from the result cache unless a job says otherwise; null: none' }),
    cache_scope: CacheScope,
    price: Price,
  })
  .meta({ id: 'Model' });
export type PublicModelObject = z.infer<typeof PublicModelObject>;

/** One version of a model's price. Jobs keep the version they were submitted at. */
export const PriceVersionObject = z
  .object({ id: z.string(), object: z.literal('price'), price: Price, created_at: z.iso.datetime() })
  .meta({ id: 'PriceVersion' });
export type PriceVersionObject = z.infer<typeof PriceVersionObject>;

/** OpenAI's list: all models, without pages. */
export const PublicModelList = z.object({ object: z.literal('list'), data: z.array(PublicModelObject) });

/** `id` is the alias. */
export const DeletedModelObject = z.object({ id: z.string(), object: z.literal('model'), deleted: z.literal(true) });
