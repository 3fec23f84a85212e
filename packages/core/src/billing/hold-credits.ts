import type { EntityManager } from '@mikro-orm/postgresql';
import { changeWallets } from './change-wallets.ts';
import { parseCredits } from './decimal.ts';

export interface Hold {
  userId: string;
  amount: string;
  /** Jobs that this hold is for. */
  jobs: number;
}

/** Reserves credits and counts the jobs as open. The caller has locked the wallets in this transaction and asked `planHolds`. */
export function holdCredits(tx: EntityManager, holds: Hold[]): Promise<void> {
  return changeWallets(
    tx,
    holds.map(({ userId, amount, jobs }) => ({ userId, held: parseCredits(amount), openJobs: jobs })),
  );
}
