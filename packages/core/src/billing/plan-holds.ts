import { parseCredits } from './decimal.ts';
import type { Wallet } from './wallet.ts';

export interface HoldRequest {
  userId: string;
  amount: string;
}

export type HoldAnswer = 'held' | 'insufficient';

/**
 * Which of these holds the wallets can bear, one answer a request, in order: each takes from what those before it left. A wallet
 * in debt bears none, nor does one that is missing.
 */
export function planHolds(wallets: ReadonlyMap<string, Wallet>, requests: readonly HoldRequest[]): HoldAnswer[] {
  const left = new Map(
    [...wallets].map(([userId, { available, debt }]) => [userId, parseCredits(debt) > 0n ? -1n : parseCredits(available)]),
  );
  return requests.map(({ userId, amount }) => {
    const rest = (left.get(userId) ?? -1n) - parseCredits(amount);
    if (rest < 0n) return 'insufficient';
    left.set(userId, rest);
    return 'held';
  });
}
