import type { AdmissionLease, AdmissionRequest, KeyLimits } from './admission.ts';
import { createLeaseSet } from './lease-set.ts';
import { createRequestWindow } from './request-window.ts';
import { createTokenWindow, secondOf } from './token-window.ts';

/** What one key has given out lately, in all or for one model. The admission script keeps the same in Redis. */
export interface KeyMeter {
  /** How long until the key may have room for the request; 0 if it has now. */
  waitMs(limits: KeyLimits, request: Pick<AdmissionRequest, 'tokens' | 'isBatch'>, nowMs: number): number;
  take(limits: KeyLimits, lease: AdmissionLease, nowMs: number): void;
  release(lease: AdmissionLease, actualTokens: number | undefined, nowMs: number): void;
  renew(lease: AdmissionLease, nowMs: number): void;
  /** What is taken now. */
  taken(nowMs: number): { requests: number; tokens: number; calls: number };
  /** True when forgetting the meter changes nothing. */
  isIdle(nowMs: number): boolean;
}

export function createKeyMeter(): KeyMeter {
  const requests = createRequestWindow();
  const tokens = createTokenWindow();
  const leases = createLeaseSet();
  return {
    waitMs({ rpm, tpm, concurrency }, request, nowMs) {
      const rpmMs = rpm === undefined ? 0 : requests.waitMs(rpm, nowMs);
      const tpmMs = tpm === undefined ? 0 : tokens.waitMs(tpm, request.tokens, nowMs);
      const concurrencyMs = concurrency === undefined ? 0 : leases.waitMs(concurrency, request.isBatch, nowMs);
      return Math.max(rpmMs, tpmMs, concurrencyMs);
    },
    take({ rpm, tpm, concurrency }, lease, nowMs) {
      if (rpm !== undefined) requests.add(rpm, nowMs);
      if (tpm !== undefined) tokens.charge(lease.second, lease.tokens);
      if (tpm !== undefined || concurrency !== undefined) leases.keep(lease, nowMs);
    },
    release(lease, actualTokens, nowMs) {
      if (!leases.drop(lease, nowMs) || actualTokens === undefined) return;
      const difference = actualTokens - lease.tokens;
      tokens.charge(difference > 0 ? secondOf(nowMs) : lease.second, difference);
    },
    renew: leases.keep,
    taken: (nowMs) => ({ requests: requests.count(nowMs), tokens: tokens.charged(nowMs), calls: leases.count(nowMs) }),
    isIdle: (nowMs) => requests.isEmpty(nowMs) && tokens.isEmpty(nowMs) && leases.isEmpty(nowMs),
  };
}
