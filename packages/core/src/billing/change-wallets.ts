import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import { renderCredits } from './decimal.ts';
import type { Funds } from './wallet.ts';

/** What is added to a wallet, in units of 0.0001 credits; negative takes away. */
export interface WalletChange extends Partial<Funds> {
  userId: string;
  openJobs?: number;
}

/**
 * The one statement that writes wallets, but for `holdAtOnce`, which needs no lock before it. Changes of one wallet are added up first, so a list costs each wallet one new row
 * version. The caller has locked the wallets and planned the change; the table's CHECKs refuse what may not be.
 */
export async function changeWallets(tx: EntityManager, changes: WalletChange[]): Promise<void> {
  if (changes.length === 0) return;
  const rows = changes.map(({ userId, balance = 0n, held = 0n, debt = 0n, openJobs = 0 }) => ({
    user_id: userId,
    balance: renderCredits(balance),
    held: renderCredits(held),
    debt: renderCredits(debt),
    open_jobs: openJobs,
  }));
  const written = await execute(
    tx,
    sql`update wallets set balance = wallets.balance + change.balance, held = wallets.held + change.held,
          debt = wallets.debt + change.debt, open_jobs = wallets.open_jobs + change.open_jobs
        from (
          select user_id, sum(balance) as balance, sum(held) as held, sum(debt) as debt, sum(open_jobs) as open_jobs
          from json_to_recordset(${JSON.stringify(rows)}::json)
            as row (user_id text, balance numeric, held numeric, debt numeric, open_jobs int)
          group by user_id
        ) as change
        where wallets.user_id = change.user_id
        returning 1`,
  );
  const wallets = new Set(changes.map(({ userId }) => userId)).size;
  if (written.length !== wallets) throw new Error(`${written.length} of ${wallets} wallets were there to be changed`);
}
