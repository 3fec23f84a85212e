import type { AdmissionKey, AdmissionRequest, Admitted } from './admission.ts';

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
  const given = {
    keys: keys.map(({ id, weight, limits: { rpm, tpm, concurrency } }) => ({ id, weight, rpm, tpm, concurrency })),
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

export function readAnswers({ planned, keys }: AcquireCall, answers: unknown): Admitted[] {
  const rows = answers as [isGranted: number, second: number, third: number][];
  return planned.map(({ request, leaseId }, i) => readAnswer(request, leaseId, keys, rows[i] ?? [0, 0, 1]));
}

function readAnswer(
  { providerId, model, isBatch, tokens }: AdmissionRequest,
  leaseId: string,
  keys: AdmissionKey[],
  [isGranted, second, third]: [number, number, number],
): Admitted {
  if (!isGranted) return { granted: false, scope: second ? 'model' : 'provider', waitMs: third };
  const key = keys[second - 1];
  if (!key) throw new Error(`the admission script chose key ${second} of ${keys.length}`);
  const isCounted = key.limits.tpm !== undefined || key.limits.concurrency !== undefined;
  return { granted: true, lease: { providerId, model, keyId: key.id, leaseId, isBatch, isCounted, tokens, second: third } };
}
