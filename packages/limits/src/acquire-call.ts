import type { AdmissionKey, AdmissionRequest, Admitted, KeyLimits } from './admission.ts';
import { isCounted, keyMeter, modelMeter } from './meters.ts';

/** What a request gets beside its own facts. */
interface Draw {
  spread: number;
  leaseId: string;
}

interface PlannedRequest extends Draw {
  request: AdmissionRequest;
  keys: AdmissionKey[];
}

export interface AcquireCall {
  /** What the script gets; see `acquireLua`. */
  given: object;
  planned: PlannedRequest[];
  keys: AdmissionKey[];
}

/**
 * Many requests for one provider as one call: each key is named once, and of a key only what admission needs leaves the
 * process.
 */
export function planAcquire(requests: AdmissionRequest[], draw: () => Draw): AcquireCall {
  const places = new Map<string, number>();
  const keys: AdmissionKey[] = [];
  for (const key of requests.flatMap((request) => request.keys)) {
    if (places.has(key.id)) continue;
    places.set(key.id, keys.push(key));
  }
  const planned = requests.map((request) => ({ request, keys: request.keys, ...draw() }));
  const models = [...new Set(requests.map(({ model }) => model))];
  const given = {
    keys: keys.map((key) => ({ id: key.id, weight: key.weight, ...keyMeter(key).limits, models: renderModels(key, models) })),
    requests: planned.map(({ request: { model, tokens, isBatch }, spread, leaseId, ...own }) => ({
      model,
      tokens,
      isBatch,
      spread,
      leaseId,
      keys: own.keys.map(({ id }) => places.get(id)),
    })),
  };
  return { given, planned, keys };
}

/** The limits that a key has for those of these models for which it has any. */
function renderModels(key: AdmissionKey, models: string[]): Record<string, KeyLimits & { id: string }> | undefined {
  if (!key.limits.models) return undefined;
  const meters = models.flatMap((model) => modelMeter(key, model) ?? []);
  return Object.fromEntries(meters.map(({ id, model, limits }) => [model, { id, ...limits }]));
}

export function readAnswers({ planned, keys }: AcquireCall, answers: unknown): Admitted[] {
  const rows = answers as [isGranted: number, second: number, third: number][];
  return planned.map(({ request, leaseId }, i) => readAnswer(request, leaseId, keys, rows[i] ?? [0, 0, 1]));
}

/** As the script numbers them. */
const scopes = ['provider', 'model', 'rest'] as const;

function readAnswer(
  { providerId, model, isBatch, tokens }: AdmissionRequest,
  leaseId: string,
  keys: AdmissionKey[],
  [isGranted, second, third]: [number, number, number],
): Admitted {
  if (!isGranted) return { granted: false, scope: scopes[second] ?? 'provider', waitMs: third };
  const key = keys[second - 1];
  if (!key) throw new Error(`the admission script chose key ${second} of ${keys.length}`);
  const meterIds = [keyMeter(key), modelMeter(key, model)].flatMap((meter) => (meter && isCounted(meter) ? meter.id : []));
  return { granted: true, lease: { providerId, model, keyId: key.id, leaseId, isBatch, meterIds, tokens, second: third } };
}
