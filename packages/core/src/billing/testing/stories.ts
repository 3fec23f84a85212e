import type { Wallet } from '../wallet.ts';
import { getWallet } from '../wallets.ts';
import type { BillingWorld } from './billing-world.ts';

/** The same work by many callers at once. */
export function together<Result>(callers: number, work: (caller: number) => Promise<Result>): Promise<Result[]> {
  return Promise.all(Array.from({ length: callers }, (_, i) => work(i)));
}

/** What a user has now. */
export async function fundsIn(world: BillingWorld, userId: string): Promise<Omit<Wallet, 'userId'>> {
  const { balance, held, available, debt, openJobs } = await getWallet(world.em(), userId);
  return { balance, held, available, debt, openJobs };
}

/** Id of a running job with this hold; empty when the wallet does not bear it. */
export async function jobOf(world: BillingWorld, userId: string, hold: string): Promise<string> {
  const [jobId] = await world.submit([{ userId, hold }]);
  return jobId ?? '';
}
