import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import { addToTotals } from './add-to-totals.ts';
import { changeWallets, type WalletChange } from './change-wallets.ts';
import type { Charge, Settlement } from './charge.ts';
import { renderCredits } from './decimal.ts';
import { insertSettlements } from './insert-settlements.ts';
import { insertTransfers, type NewTransfer } from './insert-transfers.ts';
import { planCharges, type ChargePlan, type PlannedCharge } from './plan-charges.ts';
import { lockWallets } from './wallets.ts';

/**
 * Charges finished jobs, each exactly once, and answers what this call has charged: a job that was settled before is left out.
 *
 * The wallets are locked first, and whoever settles a job locks its user's wallet, so the look for earlier settlements cannot
 * race with the insert below it; the primary key of `settlements` would stop it all the same. A list costs one statement a
 * table, however long it is. Must run in the transaction in which the caller moves the jobs to settled.
 */
export async function settleCharges(tx: EntityManager, charges: Charge[]): Promise<Settlement[]> {
  const wallets = await lockWallets(tx, [...new Set(charges.map(({ userId }) => userId))]);
  const open = await withoutSettled(tx, charges);
  if (open.length === 0) return [];
  const plan = planCharges(wallets, open);
  await insertSettlements(tx, plan.charges);
  await insertTransfers(tx, transfersOf(plan));
  await changeWallets(tx, changesOf(plan));
  await addToTotals(tx, plan.charges);
  return plan.charges.map(settlementOf);
}

async function withoutSettled(tx: EntityManager, charges: Charge[]): Promise<Charge[]> {
  const byJob = new Map(charges.map((charge) => [charge.jobId, charge]));
  const settled = await execute<{ jobId: string }>(
    tx,
    sql`select job_id as "jobId" from settlements where job_id = any(${[...byJob.keys()]})`,
  );
  for (const { jobId } of settled) byJob.delete(jobId);
  return [...byJob.values()];
}

function transfersOf({ charges, repayments }: ChargePlan): NewTransfer[] {
  const usage = charges.flatMap(({ charge: { userId, jobId }, collected, uncollected }): NewTransfer[] => [
    { way: 'usage', userId, jobId, amount: collected },
    { way: 'usageUncollected', userId, jobId, amount: uncollected },
  ]);
  return [...usage, ...repayments.map(({ userId, repaid }): NewTransfer => ({ way: 'debtRepay', userId, amount: repaid }))];
}

function changesOf({ charges, repayments }: ChargePlan): WalletChange[] {
  return [
    ...charges.map(({ charge: { userId }, hold, collected, uncollected }) => ({
      userId,
      balance: -collected,
      held: -hold,
      debt: uncollected,
      openJobs: -1,
    })),
    ...repayments.map(({ userId, repaid }) => ({ userId, balance: -repaid, debt: -repaid })),
  ];
}

function settlementOf({ charge, cost, collected, uncollected, released }: PlannedCharge): Settlement {
  return {
    jobId: charge.jobId,
    cost: renderCredits(cost),
    collected: renderCredits(collected),
    uncollected: renderCredits(uncollected),
    released: renderCredits(released),
  };
}
