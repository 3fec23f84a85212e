import type { WalletObject } from '@sluice/contract';
import type { Wallet } from './wallet.ts';

/** A wallet as callers see it. */
export function presentWallet({ balance, held, available, debt, openJobs }: Wallet): WalletObject {
  return { object: 'wallet', balance, held, available, debt, open_jobs: openJobs };
}
