import { windowS } from './admission.ts';

/** What was charged to one key in the last 60 s, by second. */
export interface TokenWindow {
  waitMs(tpm: number, tokens: number, nowMs: number): number;
  /** Negative tokens give back; no second falls below 0. */
  charge(second: number, tokens: number): void;
  charged(nowMs: number): number;
  isEmpty(nowMs: number): boolean;
}

export function createTokenWindow(): TokenWindow {
  const charges = new Map<number, number>();

  function forget(nowMs: number): void {
    for (const second of charges.keys()) if (secondOf(nowMs) - second > windowS) charges.delete(second);
  }

  function sumAt(nowMs: number): number {
    forget(nowMs);
    return [...charges.values()].reduce((sum, charge) => sum + charge, 0);
  }

  return {
    waitMs(tpm, tokens, nowMs) {
      const charged = sumAt(nowMs);
      let excess = charged + tokens - tpm;
      if (charged === 0 || excess <= 0) return 0;
      let last = 0;
      for (const [second, charge] of [...charges].toSorted(([a], [b]) => a - b)) {
        last = second;
        excess -= charge;
        if (excess <= 0) break;
      }
      return (last + windowS + 1) * 1000 - nowMs;
    },
    charge(second, tokens) {
      const charged = (charges.get(second) ?? 0) + tokens;
      if (charged > 0) charges.set(second, charged);
      else charges.delete(second);
    },
    charged: sumAt,
    isEmpty(nowMs) {
      forget(nowMs);
      return charges.size === 0;
    },
  };
}

export function secondOf(nowMs: number): number {
  return Math.floor(nowMs / 1000);
}
