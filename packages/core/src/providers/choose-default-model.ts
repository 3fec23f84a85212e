import type { ModelCapability } from '@sluice/contract';
import { parseDecimal } from '../billing/index.ts';
import type { ModelRow } from './model-row.ts';

const unitScale = 10;

/**
 * Decides which model stands for a capability when nobody said: the cheapest one that costs anything, so that a call which names no
 * model never costs much; among free ones the first by name; the simulator when there is nothing else. Pure.
 */
export function chooseDefaultModel(models: ModelRow[], capability: ModelCapability): string | null {
  const usable = models.filter((model) => model.enabled && model.capabilities.includes(capability) && canBeAsked(model));
  const chosen = usable.toSorted((a, b) => rankOf(a) - rankOf(b) || compare(costOf(a), costOf(b)) || compare(a.alias, b.alias))[0];
  return chosen?.alias ?? null;
}

function canBeAsked({ price, routes }: ModelRow): boolean {
  return price !== null && routes.some(({ isEnabled, hasKey }) => isEnabled && hasKey);
}

function rankOf(model: ModelRow): number {
  if (model.routes[0]?.provider === 'simulator') return 2;
  return costOf(model) === 0n ? 1 : 0;
}

/** Of 1,000 tokens in and 1,000 out, in the smallest tier. */
function costOf({ price }: ModelRow): bigint {
  const first = price?.mode === 'tiered' ? price.tiers[0] : price;
  return first ? parseDecimal(first.input_price, unitScale) + parseDecimal(first.output_price, unitScale) : 0n;
}

const compare = <T extends bigint | string>(a: T, b: T): number => (a === b ? 0 : a < b ? -1 : 1);
