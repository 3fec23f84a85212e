import { z } from 'zod';
import { Confidence, Currency, filled, PastDate, positive, Share, Url } from './catalogue-parts.ts';

const note = z.string().nullable();
const source = z.string().nullable();

/** Published limits, with the scope and the page they are from. No entry means that none is published, not that there is none. */
const PublishedLimit = z.strictObject({
  scope: filled,
  rpm: positive.nullable(),
  tpm: positive.nullable(),
  concurrency: positive.nullable(),
  note,
  source: filled,
  as_of: PastDate.nullable(),
});

/** A vendor, cloud, aggregator or local server that speaks OpenAI's protocol, and how it departs from it. */
export const CatalogueProvider = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  /** Ties the regions of one vendor together; each region has its own keys and currency. */
  group: filled,
  name_en: filled,
  name_zh: filled,
  kind: z.enum(['vendor', 'cloud', 'aggregator', 'local']),
  site_url: Url,
  docs_url: Url,
  models_url: Url,
  pricing_url: Url.nullable(),
  api_key_url: Url.nullable(),
  /** `{...}` is for the administrator to fill in. */
  base_url: Url.refine((url) => !url.endsWith('/'), { error: 'ends with a slash' }),
  base_url_variants: z.array(z.strictObject({ region: filled, base_url: Url, note: z.string() })),
  auth: z.strictObject({
    style: z.enum(['bearer', 'api_key_header', 'none']),
    header: filled,
    value: filled,
    note: z.string().optional(),
    alternatives: z.array(z.string()).optional(),
  }),
  /** Of every price in this provider's rows. */
  currency: Currency,
  alt_currencies: z.array(Currency),
  /** `whole_request`: the tier that the input reaches prices all tokens. Null where the provider has no tiers. */
  tier_billing: z.literal('whole_request').nullable(),
  models_endpoint: z.strictObject({ works: z.enum(['yes', 'partial', 'no', 'unknown']), path: z.string(), note, source }),
  stream_usage: z.strictObject({ works: z.enum(['yes', 'no', 'always', 'ignored', 'unknown']), note, source }),
  max_tokens_param: z.enum(['max_tokens', 'max_completion_tokens', 'both']),
  /** Known to answer embeddings as base64 when asked to. */
  embedding_base64: z.literal(true).optional(),
  reasoning: z.strictObject({ response_field: z.string().nullable(), request_control: z.string().nullable(), must_echo_back: z.boolean() }),
  /** Where the completion tokens leave out the reasoning tokens that are billed with them. */
  reasoning_tokens: z.literal('added').optional(),
  error_shape: filled,
  error_in_200: z.boolean(),
  content_filter: z.strictObject({ finish_reasons: z.array(filled), http_status: positive.nullable(), error_codes: z.array(filled) }),
  finish_reason_map: z.record(z.string(), filled),
  rate_limit_headers: z.array(filled),
  default_limits: z.array(PublishedLimit),
  batch: z.strictObject({ supported: z.boolean().nullable(), discount: Share.nullable(), note }),
  quirks: z.array(z.strictObject({ topic: filled, detail: filled, source: filled, as_of: PastDate.nullable() })).min(1),
  source: z.array(filled).min(1),
  as_of: PastDate,
  confidence: Confidence,
});
export type CatalogueProvider = z.infer<typeof CatalogueProvider>;
