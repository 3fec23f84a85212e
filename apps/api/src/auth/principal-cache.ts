import type { Principal } from '@sluice/core';
import type { Clock } from '@sluice/platform';

export interface Recognised {
  principal: Principal;
  /** When the credential itself ends, in milliseconds since 1970; null when the database alone decides. */
  validUntilMs: number | null;
}

export interface PrincipalCache {
  /** Who a credential stands for, by its hash. Callers that come at once share one look. */
  find(hash: string, look: () => Promise<Recognised | null>): Promise<Principal | null>;
}

interface Entry {
  found: Promise<Recognised | null>;
  untilMs: number;
}

/** What a revoked key or a disabled user may still do is bounded by the first; the second blunts a caller who hammers a wrong key. */
const foundMs = 10_000;
const missingMs = 1000;

/** Remembers credentials for at most 10 s, counted from before the look, and the 10,000 used last. A look that fails is not kept. */
export function createPrincipalCache({ clock, entriesMax = 10_000 }: { clock: Clock; entriesMax?: number }): PrincipalCache {
  const entries = new Map<string, Entry>();

  function look(hash: string, startedMs: number, lookUp: () => Promise<Recognised | null>): Entry {
    const entry: Entry = { found: lookUp(), untilMs: startedMs + foundMs };
    entry.found.then(
      (recognised) => (entry.untilMs = recognised ? Math.min(entry.untilMs, recognised.validUntilMs ?? Infinity) : startedMs + missingMs),
      () => entries.get(hash) === entry && entries.delete(hash),
    );
    return entry;
  }

  return {
    async find(hash, lookUp) {
      const nowMs = clock().getTime();
      const known = entries.get(hash);
      const entry = known && nowMs < known.untilMs ? known : look(hash, nowMs, lookUp);
      // A Map keeps its order of insertion: what was used last goes to the end, and the first is the one to forget.
      entries.delete(hash);
      entries.set(hash, entry);
      if (entries.size > entriesMax) entries.delete(entries.keys().next().value ?? '');
      return (await entry.found)?.principal ?? null;
    },
  };
}
