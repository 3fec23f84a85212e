import type { SimFaults } from './sim-faults.ts';

interface KeyUse {
  open: number;
  /** When each call of the last minute came. */
  callsAt: number[];
}

export interface SimLimits {
  /** Counts a call in; answers how many seconds to wait when it is one too many. */
  enter(key: string, nowMs: number): { retryAfterS: number } | null;
  leave(key: string): void;
}

/** The limits of a vendor: calls in any 60 seconds, and calls at once, for each key. A call that is refused counts as none. */
export function createSimLimits({ requests_per_minute: perMinute, concurrency }: SimFaults): SimLimits {
  const uses = new Map<string, KeyUse>();
  return {
    enter(key, nowMs) {
      const use = uses.get(key) ?? { open: 0, callsAt: [] };
      uses.set(key, use);
      while (use.callsAt[0] !== undefined && use.callsAt[0] <= nowMs - 60_000) use.callsAt.shift();
      const [oldest] = use.callsAt;
      if (perMinute && oldest !== undefined && use.callsAt.length >= perMinute)
        return { retryAfterS: Math.ceil((oldest + 60_000 - nowMs) / 1000) };
      if (concurrency && use.open >= concurrency) return { retryAfterS: 1 };
      use.open += 1;
      if (perMinute) use.callsAt.push(nowMs);
      return null;
    },
    leave(key) {
      const use = uses.get(key);
      if (use) use.open -= 1;
    },
  };
}
