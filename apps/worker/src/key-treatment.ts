import type { FailureKind } from '@sluice/contract';
import type { CallOutcome } from '@sluice/limits';
import type { AttemptResult } from './attempt-result.ts';

/** What one call means for the key it was made with. */
export interface KeyTreatment {
  /** What the breaker of this key and model is told. */
  outcome: CallOutcome;
  /** How long the key is not used for this model; 0 = not at all. */
  coolMs: number;
  /** The provider refused the key itself: it is taken out of use. */
  isRefused: boolean;
}

interface KindTreatment {
  outcome: CallOutcome;
  /** `named`: as long as the provider said, if it said. Else that too, but at least (or, when it said nothing, exactly) so long. */
  cool: 'no' | 'named' | { leastMs: number; usualMs: number };
}

/** A second that is told as 0 must not become a loop; without a word, the next calls find out. */
const limited = { leastMs: 500, usualMs: 5000 };
/** An account is topped up by people. */
const outOfQuota = { leastMs: 600_000, usualMs: 600_000 };
/** Until every worker has heard that the key is out of use, by the bell or by reading the providers again. */
const refused = { leastMs: 5000, usualMs: 5000 };

export const kindTreatments: Record<FailureKind, KindTreatment> = {
  connect: { outcome: 'unreachable', cool: 'no' },
  dns: { outcome: 'unreachable', cool: 'no' },
  tls: { outcome: 'unreachable', cool: 'no' },
  timeout_first_token: { outcome: 'unreachable', cool: 'no' },
  timeout_idle: { outcome: 'fault', cool: 'no' },
  timeout_total: { outcome: 'none', cool: 'no' },
  rate_limited: { outcome: 'none', cool: limited },
  overloaded: { outcome: 'fault', cool: 'named' },
  server_error: { outcome: 'fault', cool: 'named' },
  truncated: { outcome: 'fault', cool: 'no' },
  malformed: { outcome: 'fault', cool: 'no' },
  content_filtered: { outcome: 'ok', cool: 'no' },
  context_too_long: { outcome: 'ok', cool: 'no' },
  bad_request: { outcome: 'ok', cool: 'no' },
  auth: { outcome: 'none', cool: refused },
  quota: { outcome: 'none', cool: outOfQuota },
  cancelled: { outcome: 'none', cool: 'no' },
};

/** Decides what a call means for its key; null = there was none. Pure. */
export function decideKeyTreatment(result: AttemptResult | null): KeyTreatment {
  if (!result) return { outcome: 'none', coolMs: 0, isRefused: false };
  if (result.type === 'finished') return { outcome: 'ok', coolMs: 0, isRefused: false };
  const { outcome, cool } = kindTreatments[result.kind];
  return { outcome, coolMs: coolMsOf(cool, result.retryAfterMs), isRefused: result.kind === 'auth' };
}

function coolMsOf(cool: KindTreatment['cool'], retryAfterMs: number | null): number {
  if (cool === 'no') return 0;
  if (cool === 'named') return retryAfterMs ?? 0;
  return retryAfterMs === null ? cool.usualMs : Math.max(cool.leastMs, retryAfterMs);
}
