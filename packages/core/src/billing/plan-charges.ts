import type { Charge } from './charge.ts';
import { parseCredits } from './decimal.ts';
import { planRepayment, planSettlement, type SettlementPlan } from './plan-settlement.ts';
import { priceUsage } from './price-usage.ts';
import { fundsOf, type Funds, type Wallet } from './wallet.ts';

export interface PlannedCharge extends SettlementPlan {
  charge: Charge;
  exact: string;
  hold: bigint;
}

export interface Repayment {
  userId: string;
  repaid: bigint;
}

export interface ChargePlan {
  charges: PlannedCharge[];
  /** Debt that the released holds have paid. */
  repayments: Repayment[];
}

/** How a list of jobs is paid, one after the other, from their users' wallets. Throws when a wallet is missing. */
export function planCharges(wallets: ReadonlyMap<string, Wallet>, charges: readonly Charge[]): ChargePlan {
  const funds = new Map([...wallets].map(([userId, wallet]) => [userId, fundsOf(wallet)]));
  const planned = charges.map((charge) => {
    const plan = planCharge(funds.get(charge.userId), charge);
    funds.set(charge.userId, plan.after);
    return plan;
  });
  const repayments = [...funds].map(([userId, left]) => ({ userId, repaid: planRepayment(left).repaid }));
  return { charges: planned, repayments: repayments.filter(({ repaid }) => repaid > 0n) };
}

function planCharge(funds: Funds | undefined, charge: Charge): PlannedCharge {
  if (!funds) throw new Error(`the wallet of ${charge.userId} is missing`);
  const hold = parseCredits(charge.hold);
  const exact = charge.isBillable ? priceUsage(charge.price, charge.tokens, charge).exact : '0';
  return { charge, exact, hold, ...planSettlement(funds, { exact, usageSource: charge.usageSource, hold }) };
}
