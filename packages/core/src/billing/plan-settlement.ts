import type { UsageSource } from '@sluice/contract';
import { creditScale, parseDecimal, roundHalfUp, smallerOf } from './decimal.ts';
import { exactScale } from './rates.ts';
import type { Funds } from './wallet.ts';

export interface Bill {
  /** The exact cost, a decimal string. */
  exact: string;
  usageSource: UsageSource;
  /** What was reserved for the job, in units of 0.0001 credits, as everything below. */
  hold: bigint;
}

export interface SettlementPlan {
  cost: bigint;
  capApplied: boolean;
  collected: bigint;
  uncollected: bigint;
  released: bigint;
  after: Funds;
}

/**
 * How one job is paid. Estimated usage is never charged above the hold. What the hold does not cover comes from what is
 * available, the rest becomes debt; the holds of other jobs are never touched.
 */
export function planSettlement(funds: Funds, { exact, usageSource, hold }: Bill): SettlementPlan {
  const price = roundHalfUp(parseDecimal(exact, exactScale), exactScale - creditScale);
  const capApplied = (usageSource === 'estimated' || usageSource === 'mixed') && price > hold;
  const cost = capApplied ? hold : price;
  const collected = smallerOf(cost, hold + funds.balance - funds.held);
  const uncollected = cost - collected;
  return {
    cost,
    capApplied,
    collected,
    uncollected,
    released: cost < hold ? hold - cost : 0n,
    after: { balance: funds.balance - collected, held: funds.held - hold, debt: funds.debt + uncollected },
  };
}

/** Debt is paid as soon as something is available. */
export function planRepayment({ balance, held, debt }: Funds): { repaid: bigint; after: Funds } {
  const repaid = smallerOf(debt, balance - held);
  return { repaid, after: { balance: balance - repaid, held, debt: debt - repaid } };
}
