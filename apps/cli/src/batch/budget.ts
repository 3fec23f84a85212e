import type { JobTask } from '@sluice/client';
import type { Estimator } from './estimate.ts';
import { unitsOf, type Units } from './credits.ts';

/** Keeps what a run has cost and may still cost under its cap. */
export interface Budget {
  mayStart(task: JobTask): 'yes' | 'wait';
  /** A row has ended: what it cost, or what was held for it when that is not known yet. */
  ended(row: number, billing: { cost: string | null; hold: string } | null): void;
  spent(): Units;
  isReached(): boolean;
}

/**
 * The server may hold more than we reckon, because it knows better how long an answer may be. So with a cap the first row goes
 * alone, and the most that any row was held for in proportion counts from then on.
 */
export function createBudget({
  capUnits,
  spentUnits,
  estimate,
}: {
  capUnits: Units | null;
  spentUnits: Units;
  estimate: Estimator;
}): Budget {
  const underWay = new Map<number, Units>();
  let spent = spentUnits;
  let committed = 0;
  let factor: number | null = null;
  let isReached = false;
  return {
    mayStart({ row, request }) {
      const reckoned = estimate(request);
      if (capUnits !== null) {
        if (factor === null && underWay.size > 0) return 'wait';
        if (spent + (committed + reckoned) * (factor ?? 1) > capUnits) {
          isReached ||= underWay.size === 0;
          return 'wait';
        }
      }
      underWay.set(row, reckoned);
      committed += reckoned;
      return 'yes';
    },
    ended(row, billing) {
      const reckoned = underWay.get(row) ?? 0;
      underWay.delete(row);
      committed -= reckoned;
      if (!billing) return;
      spent += unitsOf(billing.cost ?? billing.hold);
      if (reckoned > 0) factor = Math.max(factor ?? 1, unitsOf(billing.hold) / reckoned);
    },
    spent: () => spent,
    isReached: () => isReached,
  };
}
