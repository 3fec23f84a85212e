/**
 * How a call went, as far as it tells of the provider: `ok` also when it refused the request for the request's sake;
 * `unreachable` when it could not be talked to at all; `none` when the call tells nothing, as when it was cancelled.
 */
export type CallOutcome = 'ok' | 'fault' | 'unreachable' | 'none';

export type BreakerChange = 'opened' | 'closed' | 'none';

/**
 * What is remembered of one key and model. Closed, calls go through. It opens on `faultsMax` faults in a row, on one call that
 * found nobody there, and when at least half of `rateCallsMin` or more calls in about a minute were faults. Open, no call goes
 * through: 5 s, and twice as long each time it opens again, up to a minute. After that it is half-open: one call at a time goes
 * through to try; its outcome closes it or opens it again. Calls that began before it opened change nothing any more.
 *
 * The rest script keeps the same in Redis.
 */
export interface Breaker {
  faults: number;
  calls: number;
  failed: number;
  countedFromMs: number;
  /** How many times it opened since it was closed last. */
  opens: number;
  /** 0 while it is closed. */
  openUntilMs: number;
  /** The lease of the call that tries; empty when none does. */
  probe: string;
  probeUntilMs: number;
}

export const faultsMax = 5;
export const rateCallsMin = 20;
export const rateWindowMs = 60_000;
export const firstOpenMs = 5000;
export const longestOpenMs = 60_000;
/** A probe that tells nothing for so long is given up: its worker may be dead. */
export const probeMs = 60_000;
/** A probe may end at any moment. */
export const probeRecheckMs = 2000;

export function createBreaker(nowMs: number): Breaker {
  return { faults: 0, calls: 0, failed: 0, countedFromMs: nowMs, opens: 0, openUntilMs: 0, probe: '', probeUntilMs: 0 };
}

/** How long until a call may go through; 0 if one may now. */
export function breakerWaitMs({ openUntilMs, probeUntilMs }: Breaker, nowMs: number): number {
  if (openUntilMs > nowMs) return openUntilMs - nowMs;
  return openUntilMs > 0 && probeUntilMs > nowMs ? Math.min(probeUntilMs - nowMs, probeRecheckMs) : 0;
}

/** Notes that a call goes through: the one that tries, if the breaker is not closed. */
export function letThrough(breaker: Breaker, leaseId: string, nowMs: number): void {
  if (breaker.openUntilMs > 0) Object.assign(breaker, { probe: leaseId, probeUntilMs: nowMs + probeMs });
}

/** Notes how a call went. */
export function noteOutcome(
  breaker: Breaker,
  { leaseId, outcome }: { leaseId: string; outcome: CallOutcome },
  nowMs: number,
): BreakerChange {
  if (breaker.openUntilMs > 0) return breaker.probe === leaseId ? noteProbe(breaker, outcome, nowMs) : 'none';
  if (outcome === 'none') return 'none';
  if (nowMs - breaker.countedFromMs > rateWindowMs) Object.assign(breaker, { calls: 0, failed: 0, countedFromMs: nowMs });
  breaker.calls += 1;
  breaker.faults = outcome === 'ok' ? 0 : breaker.faults + 1;
  if (outcome === 'ok') return 'none';
  breaker.failed += 1;
  const isOften = breaker.calls >= rateCallsMin && breaker.failed * 2 >= breaker.calls;
  return outcome === 'unreachable' || breaker.faults >= faultsMax || isOften ? open(breaker, nowMs) : 'none';
}

function noteProbe(breaker: Breaker, outcome: CallOutcome, nowMs: number): BreakerChange {
  Object.assign(breaker, { probe: '', probeUntilMs: 0 });
  if (outcome === 'none') return 'none';
  if (outcome !== 'ok') return open(breaker, nowMs);
  Object.assign(breaker, createBreaker(nowMs));
  return 'closed';
}

function open(breaker: Breaker, nowMs: number): BreakerChange {
  const opens = breaker.opens + 1;
  const forMs = Math.min(firstOpenMs * 2 ** (opens - 1), longestOpenMs);
  Object.assign(breaker, { ...createBreaker(nowMs), opens, openUntilMs: nowMs + forMs });
  return 'opened';
}
