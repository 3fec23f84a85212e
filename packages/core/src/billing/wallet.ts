import { parseCredits } from './decimal.ts';

/** A user's credits, decimal strings with 4 places. `available` is `balance` less `held`. */
export interface Wallet {
  userId: string;
  balance: string;
  held: string;
  available: string;
  /** What jobs cost beyond the wallet. While there is debt nothing is available, and no hold is granted. */
  debt: string;
  /** Jobs that are not settled yet. */
  openJobs: number;
}

/** What moves when money is planned, in units of 0.0001 credits. */
export interface Funds {
  balance: bigint;
  held: bigint;
  debt: bigint;
}

export function fundsOf({ balance, held, debt }: Wallet): Funds {
  return { balance: parseCredits(balance), held: parseCredits(held), debt: parseCredits(debt) };
}
