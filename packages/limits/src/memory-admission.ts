import { randomUUID } from 'node:crypto';
import { systemClock, type Clock } from '@sluice/platform';
import {
  noKeyWaitMs,
  windowMs,
  type Admission,
  type AdmissionKey,
  type AdmissionLease,
  type AdmissionRequest,
  type Admitted,
} from './admission.ts';
import { createKeyMeter, type KeyMeter } from './key-meter.ts';
import { createKeyRests } from './key-rests.ts';
import { createSpread, keysInTurn } from './key-spread.ts';
import { secondOf } from './token-window.ts';

/** Admission for one process. */
export function createMemoryAdmission({ clock = systemClock }: { clock?: Clock } = {}): Admission {
  const meters = new Map<string, KeyMeter>();
  const rests = createKeyRests();
  const spread = createSpread(Math.random());
  let sweptAtMs = 0;

  const now = (): number => clock().getTime();

  function meterOf(providerId: string, keyId: string): KeyMeter {
    const name = `${providerId}\n${keyId}`;
    const meter = meters.get(name) ?? createKeyMeter();
    meters.set(name, meter);
    return meter;
  }

  /** Keys come and go; what nobody uses any more is forgotten. */
  function sweep(nowMs: number): void {
    if (nowMs - sweptAtMs < windowMs) return;
    sweptAtMs = nowMs;
    rests.sweep(nowMs);
    for (const [name, meter] of meters) if (meter.isIdle(nowMs)) meters.delete(name);
  }

  function admit(request: AdmissionRequest, nowMs: number): Admitted {
    const { providerId, model, keys } = request;
    const waits: KeyWait[] = [];
    for (const key of keysInTurn(keys, spread())) {
      const meter = meterOf(providerId, key.id);
      const wait = {
        limitMs: meter.waitMs(key.limits, request, nowMs),
        restMs: rests.waitMs({ providerId, keyId: key.id, model }, nowMs),
      };
      waits.push(wait);
      if (wait.limitMs > 0 || wait.restMs > 0) continue;
      const lease = planLease(request, key, nowMs);
      meter.take(key.limits, lease, nowMs);
      rests.letThrough(lease, nowMs);
      return { granted: true, lease };
    }
    return renderRefusal(waits);
  }

  return {
    async acquire(request) {
      sweep(now());
      return admit(request, now());
    },
    async release(lease, { actualTokens } = {}) {
      if (lease.isCounted) meterOf(lease.providerId, lease.keyId).release(lease, actualTokens, now());
    },
    coolDown: async (target, forMs) => rests.coolDown(target, now() + forMs),
    report: async (lease, outcome) => rests.report(lease, outcome, now()),
    rests: async (providerId) => rests.list(providerId, now()),
    async renew(leases) {
      for (const lease of leases) if (lease.isCounted) meterOf(lease.providerId, lease.keyId).renew(lease, now());
    },
    close: async () => undefined,
  };
}

interface KeyWait {
  limitMs: number;
  restMs: number;
}

function planLease(
  { providerId, model, tokens, isBatch }: AdmissionRequest,
  { id: keyId, limits }: AdmissionKey,
  nowMs: number,
): AdmissionLease {
  const isCounted = limits.tpm !== undefined || limits.concurrency !== undefined;
  return { providerId, model, keyId, leaseId: randomUUID(), isBatch, isCounted, tokens, second: secondOf(nowMs) };
}

function renderRefusal(waits: KeyWait[]): Admitted {
  const hasRoom = waits.some(({ limitMs }) => limitMs === 0);
  if (hasRoom)
    return { granted: false, scope: 'model', waitMs: Math.min(...waits.map(({ limitMs, restMs }) => Math.max(limitMs, restMs))) };
  const waitMs = waits.length === 0 ? noKeyWaitMs : Math.min(...waits.map(({ limitMs }) => limitMs));
  return { granted: false, scope: 'provider', waitMs };
}
