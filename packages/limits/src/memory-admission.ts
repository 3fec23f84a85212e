import { randomUUID } from 'node:crypto';
import { systemClock, type Clock } from '@sluice/platform';
import { noKeyWaitMs, windowMs, type Admission, type AdmissionLease, type AdmissionRequest, type Admitted } from './admission.ts';
import { createKeyMeter, type KeyMeter } from './key-meter.ts';
import { createKeyRests } from './key-rests.ts';
import { createSpread, keysInTurn } from './key-spread.ts';
import { allMeters, isCounted, keyMeter, modelMeter, renderUse, type Meter } from './meters.ts';
import { secondOf } from './token-window.ts';

/** Admission for one process. */
export function createMemoryAdmission({ clock = systemClock }: { clock?: Clock } = {}): Admission {
  const meters = new Map<string, KeyMeter>();
  const rests = createKeyRests();
  const spread = createSpread(Math.random());
  let sweptAtMs = 0;

  const now = (): number => clock().getTime();

  function meterOf(providerId: string, meterId: string): KeyMeter {
    const name = `${providerId}\n${meterId}`;
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
      const [own, ofModel] = [keyMeter(key), modelMeter(key, model)];
      const waitMs = ({ id, limits }: Meter) => meterOf(providerId, id).waitMs(limits, request, nowMs);
      const restMs = rests.waitMs({ providerId, keyId: key.id, model }, nowMs);
      const wait = { limitMs: waitMs(own), modelMs: ofModel ? waitMs(ofModel) : 0, restMs };
      waits.push(wait);
      if (longest(wait) > 0) continue;
      const meters: [Meter, ...Meter[]] = ofModel ? [own, ofModel] : [own];
      const lease = planLease(request, meters, nowMs);
      for (const { id, limits } of meters) meterOf(providerId, id).take(limits, lease, nowMs);
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
      for (const id of lease.meterIds) meterOf(lease.providerId, id).release(lease, actualTokens, now());
    },
    coolDown: async (target, forMs) => rests.coolDown(target, now() + forMs),
    report: async (lease, outcome) => rests.report(lease, outcome, now()),
    rests: async (providerId) => rests.list(providerId, now()),
    uses: async (providerId, keys) => allMeters(keys).map((meter) => renderUse(meter, meterOf(providerId, meter.id).taken(now()))),
    async renew(leases) {
      for (const lease of leases) for (const id of lease.meterIds) meterOf(lease.providerId, id).renew(lease, now());
    },
    close: async () => undefined,
  };
}

interface KeyWait {
  limitMs: number;
  /** Of the limits for this model alone. */
  modelMs: number;
  restMs: number;
}

const longest = ({ limitMs, modelMs, restMs }: KeyWait): number => Math.max(limitMs, modelMs, restMs);

function planLease({ providerId, model, tokens, isBatch }: AdmissionRequest, meters: [Meter, ...Meter[]], nowMs: number): AdmissionLease {
  const meterIds = meters.filter(isCounted).map(({ id }) => id);
  return { providerId, model, keyId: meters[0].keyId, leaseId: randomUUID(), isBatch, meterIds, tokens, second: secondOf(nowMs) };
}

function renderRefusal(waits: KeyWait[]): Admitted {
  const roomy = waits.filter(({ limitMs }) => limitMs === 0);
  if (roomy.length > 0) {
    const scope = roomy.some(({ restMs }) => restMs === 0) ? 'model' : 'rest';
    return { granted: false, scope, waitMs: Math.min(...waits.map(longest)) };
  }
  const waitMs = waits.length === 0 ? noKeyWaitMs : Math.min(...waits.map(({ limitMs }) => limitMs));
  return { granted: false, scope: 'provider', waitMs };
}
