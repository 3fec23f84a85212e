import type { AdmissionLease, KeyRest, RestTarget } from './admission.ts';
import {
  breakerWaitMs,
  createBreaker,
  letThrough,
  noteOutcome,
  rateWindowMs,
  type Breaker,
  type BreakerChange,
  type CallOutcome,
} from './breaker.ts';

/** Which keys rest for which models, in one process. */
export interface KeyRests {
  /** How long until this key may be called for this model; 0 if it may now. */
  waitMs(target: RestTarget, nowMs: number): number;
  letThrough(lease: AdmissionLease, nowMs: number): void;
  coolDown(target: RestTarget, untilMs: number): void;
  report(lease: AdmissionLease, outcome: CallOutcome, nowMs: number): BreakerChange;
  list(providerId: string, nowMs: number): KeyRest[];
  sweep(nowMs: number): void;
}

interface Rest {
  target: RestTarget;
  coolUntilMs: number;
  breaker: Breaker;
}

export function createKeyRests(): KeyRests {
  const rests = new Map<string, Rest>();
  const nameOf = ({ providerId, keyId, model }: RestTarget): string => [providerId, keyId, model].join('\n');

  function restOf({ providerId, keyId, model }: RestTarget, nowMs: number): Rest {
    const target = { providerId, keyId, model };
    const rest = rests.get(nameOf(target)) ?? { target, coolUntilMs: 0, breaker: createBreaker(nowMs) };
    rests.set(nameOf(target), rest);
    return rest;
  }

  return {
    waitMs(target, nowMs) {
      const rest = rests.get(nameOf(target));
      return rest ? Math.max(0, rest.coolUntilMs - nowMs, breakerWaitMs(rest.breaker, nowMs)) : 0;
    },
    letThrough(lease, nowMs) {
      const rest = rests.get(nameOf(lease));
      if (rest) letThrough(rest.breaker, lease.leaseId, nowMs);
    },
    coolDown(target, untilMs) {
      const rest = restOf(target, untilMs);
      rest.coolUntilMs = Math.max(rest.coolUntilMs, untilMs);
    },
    report: (lease, outcome, nowMs) => noteOutcome(restOf(lease, nowMs).breaker, { leaseId: lease.leaseId, outcome }, nowMs),
    list: (providerId, nowMs) =>
      [...rests.values()]
        .filter(({ target }) => target.providerId === providerId)
        .flatMap((rest) => presentRest(rest, nowMs))
        .toSorted((a, b) => compare(a.keyId, b.keyId) || compare(a.model, b.model)),
    sweep(nowMs) {
      for (const [name, rest] of rests) if (isForgettable(rest, nowMs)) rests.delete(name);
    },
  };
}

export function presentRest({ target: { keyId, model }, coolUntilMs, breaker }: Rest, nowMs: number): KeyRest[] {
  const { openUntilMs, probeUntilMs } = breaker;
  if (openUntilMs > nowMs) return [{ keyId, model, state: 'open', untilMs: Math.max(openUntilMs, coolUntilMs) }];
  if (coolUntilMs > nowMs) return [{ keyId, model, state: 'cooling', untilMs: coolUntilMs }];
  return openUntilMs > 0 ? [{ keyId, model, state: 'half_open', untilMs: Math.max(probeUntilMs, nowMs) }] : [];
}

/** True when forgetting it changes nothing. */
function isForgettable({ coolUntilMs, breaker }: Rest, nowMs: number): boolean {
  const isQuiet = breaker.faults === 0 && nowMs - breaker.countedFromMs > rateWindowMs;
  return coolUntilMs <= nowMs && breaker.openUntilMs === 0 && isQuiet;
}

export function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
