import type { BreakerChange, CallOutcome } from './breaker.ts';

/** What one key of a provider may do. A limit that is not set does not exist; one that is set is a whole number above 0. */
export interface KeyLimits {
  /** Requests in any 60 s. */
  rpm?: number | undefined;
  /** Tokens in any 60 s. */
  tpm?: number | undefined;
  /** Calls at the same time. */
  concurrency?: number | undefined;
}

export interface AdmissionKey {
  id: string;
  /** Its share of the calls while it has room, beside the weights of the other keys. */
  weight: number;
  /** `models`: what it may do for one model besides, by the provider's name of it. */
  limits: KeyLimits & { models?: Record<string, KeyLimits> | undefined };
}

export interface AdmissionRequest {
  providerId: string;
  model: string;
  keys: AdmissionKey[];
  /** The estimate of what the call will use, input and output together. */
  tokens: number;
  isBatch: boolean;
}

/** The right to make one call with a key. Opaque: it is handed back as it was given. */
export interface AdmissionLease {
  providerId: string;
  model: string;
  keyId: string;
  leaseId: string;
  isBatch: boolean;
  /** The meters that the lease counts in, of the key and of the key for this model; none, and nothing is kept for it. */
  meterIds: string[];
  /** What was charged to their tokens, and in which second. */
  tokens: number;
  second: number;
}

/**
 * `provider`: no key of the request has room for any model. `model`: a key has room, but is full for this model; other models go
 * on. `rest`: every key with room rests for this model. `waitMs` is when that can change next: to the millisecond for rpm and rests, to the second for tpm; `recheckMs` at the latest
 * while all places of a key are taken, since any of them may be given back, and `probeRecheckMs` while a probe is out.
 */
export type Admitted = { granted: true; lease: AdmissionLease } | { granted: false; scope: RefusalScope; waitMs: number };

export type RefusalScope = 'provider' | 'model' | 'rest';

/**
 * Lets calls to providers through, over all replicas together and in one step over all keys of a request.
 *
 * - rpm: never more than that many grants in any 60 s. A grant that is given back still counts.
 * - tpm: a grant charges its estimate to the current second. `release` corrects it: what was not used is given back to that
 *   second, what was used beyond is charged to the second of the release. A grant never makes the charges of the last 60 s
 *   exceed the limit, except that a request larger than the limit is let through alone. Seconds count as a whole, so a charge
 *   may weigh up to 61 s.
 * - concurrency: never more than that many leases. A lease ends `leaseMs` after it was given or renewed, so a dead holder
 *   blocks nothing for long. Batches hold at most 80 % of it (but at least 1), so that a question never waits for a place that
 *   a batch holds.
 * - All three hold for each key, and besides for each key and model where the key says so.
 * - A key is chosen by weight among those with room.
 * - A key rests for one model while it cools down, and while its breaker for that model is open; see `Breaker`. Rests are
 *   shared like the limits, so that one process's bad news is everybody's.
 */
export interface Admission {
  /** Throws when the store cannot be reached; a grant that was made all the same ends by itself. */
  acquire(request: AdmissionRequest): Promise<Admitted>;
  /** Gives the call's place back and corrects its tokens. Harmless when repeated, and after the lease has ended. */
  release(lease: AdmissionLease, used?: { actualTokens?: number }): Promise<void>;
  /** No call with this key for this model for so long. A shorter time never shortens a longer one. */
  coolDown(target: RestTarget, forMs: number): Promise<void>;
  /** Tells the breaker of the lease's key and model how the call went. Answers what that did to the breaker. */
  report(lease: AdmissionLease, outcome: CallOutcome): Promise<BreakerChange>;
  /** The keys of a provider that rest now, ordered by key and model. */
  rests(providerId: string): Promise<KeyRest[]>;
  /** What is taken now of every limit these keys have, in the order they name them. */
  uses(providerId: string, keys: Pick<AdmissionKey, 'id' | 'limits'>[]): Promise<LimitUse[]>;
  /**
   * Keeps leases for another `leaseMs`, and takes up again those that the store forgot: their calls still run. Not for released
   * ones.
   */
  renew(leases: AdmissionLease[]): Promise<void>;
  close(): Promise<void>;
}

/** A key rests for one model; its other models go on. */
export interface RestTarget {
  providerId: string;
  keyId: string;
  model: string;
}

/** `open`: no call before `untilMs`. `half_open`: one call is out to try it, or will be with the next request. */
export interface KeyRest {
  keyId: string;
  model: string;
  state: 'cooling' | 'open' | 'half_open';
  /** By the clock of the admission, in ms since 1970; for `half_open`, when another call may try at the latest. */
  untilMs: number;
}

/** What is taken of the limits of a key, or of a key for one model; null where there is no such limit. */
export interface LimitUse {
  keyId: string;
  model: string | null;
  limits: KeyLimits;
  /** Grants of the last 60 s. */
  requests: number | null;
  /** Charged in the last 60 s. */
  tokens: number | null;
  /** Under way now. */
  calls: number | null;
}

export const windowS = 60;
export const windowMs = windowS * 1000;
export const leaseMs = 30_000;
/** A place that was given back idles little beside calls of seconds, and a waiting lane costs 10 commands a second. */
export const recheckMs = 100;
/** Without a key nothing changes before an administrator adds one; workers reread the providers this often. */
export const noKeyWaitMs = 5000;

/** The places that batches may hold. */
export function batchShareOf(concurrency: number): number {
  return Math.max(1, Math.floor((concurrency * 4) / 5));
}
