import { ModelCapability } from '@sluice/contract';
import { z } from 'zod';
import { Amount, compiledOn, Confidence, Currency, filled, PastDate, positive, Share, Url } from './catalogue-parts.ts';

const price = Amount.nullable();

const Tier = z.strictObject({ up_to_input_tokens: positive.nullable(), input: Amount, output: Amount, cached_input: price });
export type CatalogueTier = z.infer<typeof Tier>;

/** What one row may say beyond the usual: prices that depend on more than length, and what became of a model. */
const rareFields = {
  aliases: z.array(filled).optional(),
  /** A lower price for short answers; not used, so that a job never costs less than the vendor bills. */
  short_output_price: z
    .strictObject({ max_output_tokens: positive, up_to_input_tokens: positive, input: Amount, output: Amount, cached_input: price })
    .optional(),
  /** The output price while thinking is on. */
  thinking_output_price: Amount.optional(),
  thinking_output_tiers: z.array(z.strictObject({ up_to_input_tokens: positive.nullable(), output: Amount })).optional(),
  /** Prices by the time of day; the row states the peak. */
  peak_pricing: z
    .strictObject({
      basis: filled,
      off_peak_multiplier: Share,
      timezone: filled,
      peak_windows: z.array(z.strictObject({ days: z.array(z.int().min(1).max(7)), from: z.iso.time(), to: z.iso.time() })),
    })
    .optional(),
  scheduled_prices: z
    .array(
      z.strictObject({
        effective_from: z.iso.date().refine((date) => date > compiledOn, { error: 'is past' }),
        input: Amount,
        output: Amount,
        cached_input: price,
      }),
    )
    .optional(),
  alt_currency_prices: z.array(z.strictObject({ currency: Currency, input: Amount, output: Amount, cached_input: price })).optional(),
  embedding_dimensions: positive.optional(),
  base_url_override: Url.optional(),
  rate_limits: z.array(z.strictObject({ tier: filled, rpm: positive, input_tpm: positive, output_tpm: positive })).optional(),
  deprecation: z.strictObject({ date: PastDate.nullable(), replacement: filled.nullable() }).optional(),
};

/** One model of a provider. Prices are in the provider's currency; null means unknown, never free. */
export const CatalogueModel = z.strictObject({
  provider: filled,
  /** Exactly what goes into the `model` parameter. */
  id: z.string().regex(/^\S+$/),
  name: filled,
  capabilities: z.array(ModelCapability).min(1).refine(isInOrder, { error: 'are doubled or out of order' }),
  endpoint: z.enum(['chat', 'responses', 'embeddings', 'images', 'rerank']),
  context_window: positive.nullable(),
  max_output_tokens: positive.nullable(),
  currency: Currency,
  price_unit: z.enum(['per_1m_tokens', 'per_image', 'per_1k_searches']).nullable(),
  input_price: price,
  /** Null: no cache price is known, and hits are billed at the input price. */
  cached_input_price: price,
  output_price: price,
  cache_write_price: price,
  /** By input length, ascending; the first repeats the prices above. A last border that is not null is the vendor's input limit. */
  tiers: z.array(Tier),
  batch_discount: Share.nullable(),
  status: z.enum(['active', 'preview', 'legacy', 'deprecated', 'retired']),
  notes: z.string().nullable(),
  source: z.string().min(10),
  as_of: PastDate,
  corroborated_by: z.array(filled),
  confidence: Confidence,
  ...rareFields,
});
export type CatalogueModel = z.infer<typeof CatalogueModel>;

function isInOrder(capabilities: ModelCapability[]): boolean {
  const order = ModelCapability.options.filter((capability) => capabilities.includes(capability));
  return order.length === capabilities.length && order.every((capability, i) => capability === capabilities[i]);
}
