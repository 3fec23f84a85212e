import type { CreditRates } from '@sluice/core';
import type { Settings } from '@sluice/platform';

/** What a unit of a list price is in credits. */
export function creditRatesOf({ CREDITS_PER_CNY: CNY, CREDITS_PER_USD: USD }: Settings): CreditRates {
  return { CNY, USD };
}
