import { newId, type Account, type TransferKind } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import { renderCredits } from './decimal.ts';

/** From which account to which: every way that credits can move. The table's CHECK knows the same list. */
export const ways = {
  recharge: { kind: 'recharge', debit: 'cash_clearing', credit: 'wallet' },
  usage: { kind: 'usage', debit: 'wallet', credit: 'revenue' },
  usageUncollected: { kind: 'usage_uncollected', debit: 'receivable', credit: 'revenue' },
  debtRepay: { kind: 'debt_repay', debit: 'wallet', credit: 'receivable' },
  adjustUp: { kind: 'adjustment', debit: 'adjustment', credit: 'wallet' },
  adjustDown: { kind: 'adjustment', debit: 'wallet', credit: 'adjustment' },
} as const satisfies Record<string, { kind: TransferKind; debit: Account; credit: Account }>;

export interface NewTransfer {
  way: keyof typeof ways;
  userId: string;
  /** In units of 0.0001 credits. One of 0 is not written: nothing moved. */
  amount: bigint;
  jobId?: string;
  orderId?: string;
  note?: string;
}

/** Writes ledger rows in one statement. Answers their ids, in order, without those of amount 0. */
export async function insertTransfers(tx: EntityManager, transfers: NewTransfer[]): Promise<string[]> {
  const rows = transfers
    .filter(({ amount }) => amount !== 0n)
    .map(({ way, userId, amount, jobId = null, orderId = null, note = '' }) => {
      const id = newId('transfer');
      return { id, user_id: userId, ...ways[way], amount: renderCredits(amount), job_id: jobId, order_id: orderId, note };
    });
  if (rows.length === 0) return [];
  await execute(
    tx,
    sql`insert into transfers (id, user_id, kind, debit, credit, amount, job_id, order_id, note)
        select * from json_to_recordset(${JSON.stringify(rows)}::json)
          as row (id text, user_id text, kind text, debit text, credit text, amount numeric, job_id text, order_id text, note text)`,
  );
  return rows.map(({ id }) => id);
}
