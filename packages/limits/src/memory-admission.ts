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
import { createCoolDowns } from './cool-downs.ts';
import { createKeyMeter, type KeyMeter } from './key-meter.ts';
import { createSpread, keysInTurn } from './key-spread.ts';
import { secondOf } from './token-window.ts';

/** Admission for one process. */
export function createMemoryAdmission({ clock = systemClock }: { clock?: Clock } = {}): Admission {
  const meters = new Map<string, KeyMeter>();
  const coolDowns = createCoolDowns();
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
    coolDowns.sweep(nowMs);
    for (const [name, meter] of meters) if (meter.isIdle(nowMs)) meters.delete(name);
  }

  function admit(request: AdmissionRequest, nowMs: number): Admitted {
    const { providerId, model, keys } = request;
    const waits: KeyWait[] = [];
    for (const key of keysInTurn(keys, spread())) {
      const meter = meterOf(providerId, key.id);
      const wait = {
        limitMs: meter.waitMs(key.limits, request, nowMs),
        coolMs: coolDowns.leftMs({ providerId, keyId: key.id, model }, nowMs),
      };
      waits.push(wait);
      if (wait.limitMs > 0 || wait.coolMs > 0) continue;
      const lease = planLease(request, key, nowMs);
      meter.take(key.limits, lease, nowMs);
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
    coolDown: async (target, forMs) => coolDowns.add(target, now() + forMs),
    async renew(leases) {
      for (const lease of leases) if (lease.isCounted) meterOf(lease.providerId, lease.keyId).renew(lease, now());
    },
    close: async () => undefined,
  };
}

interface KeyWait {
  limitMs: number;
  coolMs: number;
}

function planLease({ providerId, tokens, isBatch }: AdmissionRequest, { id: keyId, limits }: AdmissionKey, nowMs: number): AdmissionLease {
  const isCounted = limits.tpm !== undefined || limits.concurrency !== undefined;
  return { providerId, keyId, leaseId: randomUUID(), isBatch, isCounted, tokens, second: secondOf(nowMs) };
}

function renderRefusal(waits: KeyWait[]): Admitted {
  const hasRoom = waits.some(({ limitMs }) => limitMs === 0);
  if (hasRoom)
    return { granted: false, scope: 'model', waitMs: Math.min(...waits.map(({ limitMs, coolMs }) => Math.max(limitMs, coolMs))) };
  const waitMs = waits.length === 0 ? noKeyWaitMs : Math.min(...waits.map(({ limitMs }) => limitMs));
  return { granted: false, scope: 'provider', waitMs };
}
