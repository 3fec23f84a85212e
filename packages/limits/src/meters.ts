import type { AdmissionKey, KeyLimits, LimitUse } from './admission.ts';

/** One set of limits that calls are counted against: of a key, or of a key for one model. */
export interface Meter {
  id: string;
  keyId: string;
  model: string | null;
  limits: KeyLimits;
}

/** The limits of a key itself. */
export function keyMeter({ id, limits: { rpm, tpm, concurrency } }: Pick<AdmissionKey, 'id' | 'limits'>): Meter {
  return { id, keyId: id, model: null, limits: { rpm, tpm, concurrency } };
}

/** The limits that a key has for one model besides; null when it has none. */
export function modelMeter({ id, limits: { models = {} } }: Pick<AdmissionKey, 'id' | 'limits'>, model: string): Meter | null {
  const limits = Object.hasOwn(models, model) ? models[model] : undefined;
  return limits && Object.values(limits).some((limit) => limit !== undefined) ? { id: `${id}:${model}`, keyId: id, model, limits } : null;
}

/** Every meter of these keys: each key's own, then those for its models by name. */
export function allMeters(keys: Pick<AdmissionKey, 'id' | 'limits'>[]): Meter[] {
  return keys.flatMap((key) => {
    const models = Object.keys(key.limits.models ?? {}).toSorted();
    return [keyMeter(key), ...models.flatMap((model) => modelMeter(key, model) ?? [])];
  });
}

/** Whether leases are kept for a meter: without these limits nobody asks for them. */
export function isCounted({ limits: { tpm, concurrency } }: Meter): boolean {
  return tpm !== undefined || concurrency !== undefined;
}

/** What of the limits is taken, null where there is no limit. */
export function renderUse({ keyId, model, limits }: Meter, taken: { requests: number; tokens: number; calls: number }): LimitUse {
  const { rpm, tpm, concurrency } = limits;
  return {
    keyId,
    model,
    limits,
    requests: rpm === undefined ? null : taken.requests,
    tokens: tpm === undefined ? null : taken.tokens,
    calls: concurrency === undefined ? null : taken.calls,
  };
}
