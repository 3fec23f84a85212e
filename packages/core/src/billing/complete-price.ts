import type { Price, PriceTier } from '@sluice/contract';

type TokenPrices = Omit<PriceTier, 'up_to'>;

/**
 * A price that states all its fields, as it is stored: what was left out is written down at the value it means, so that a price
 * version reads the same for ever, whatever the defaults become.
 */
export function completePrice(price: Price): Price {
  const { per_request_fee = '0', batch_multiplier = '1', cache_in_batch = 'stack' } = price;
  const perJob = { per_request_fee, batch_multiplier, cache_in_batch };
  if (price.mode === 'simple') return { mode: 'simple', ...completeTokenPrices(price), ...perJob };
  const tiers = price.tiers.map((tier) => ({ up_to: tier.up_to, ...completeTokenPrices(tier) }));
  return { mode: 'tiered', tier_basis: price.tier_basis ?? 'input', tiers, ...perJob };
}

function completeTokenPrices({ input_price, output_price, cached_input_price, reasoning_price }: TokenPrices): Required<TokenPrices> {
  return {
    input_price,
    output_price,
    cached_input_price: cached_input_price ?? input_price,
    reasoning_price: reasoning_price ?? output_price,
  };
}
