import { z } from 'zod';
import { UnitPrice } from './credits.ts';

const perTokens = {
  input_price: UnitPrice,
  output_price: UnitPrice,
  cached_input_price: UnitPrice.optional(),
  reasoning_price: UnitPrice.optional(),
};

const perJob = {
  per_request_fee: UnitPrice.optional(),
  batch_multiplier: UnitPrice.optional(),
  cache_in_batch: z.enum(['stack', 'none']).optional(),
};

export const SimplePrice = z.strictObject({ mode: z.literal('simple'), ...perTokens, ...perJob });

/** `up_to` is inclusive, in tokens; the last tier's is null. */
export const PriceTier = z.strictObject({ up_to: z.int().positive().nullable(), ...perTokens });

export const TieredPrice = z
  .strictObject({
    mode: z.literal('tiered'),
    tier_basis: z.enum(['input', 'total']).optional(),
    tiers: z.array(PriceTier).min(1).max(20),
    ...perJob,
  })
  .refine(({ tiers }) => tiers.every((tier, i) => isAboveTierBefore(tier.up_to, tiers[i - 1]?.up_to, i)), {
    path: ['tiers'],
    error: 'each up_to must be above the one before it',
  })
  .refine(({ tiers }) => tiers.every((tier, i) => (tier.up_to === null) === (i === tiers.length - 1)), {
    path: ['tiers'],
    error: 'the last tier, and no other, has up_to null',
  });

/** What a model costs, in credits per 1,000 tokens. One bracket is chosen by the input tokens and prices the whole request. */
export const Price = z.discriminatedUnion('mode', [SimplePrice, TieredPrice]).meta({ id: 'Price' });
export type Price = z.infer<typeof Price>;
export type PriceTier = z.infer<typeof PriceTier>;

function isAboveTierBefore(upTo: number | null, before: number | null | undefined, index: number): boolean {
  return index === 0 || upTo === null || (typeof before === 'number' && upTo > before);
}
