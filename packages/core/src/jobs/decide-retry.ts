import type { ErrorCode, FailureKind, StreamFailurePolicy } from '@sluice/contract';

export interface FailedAttempt {
  kind: FailureKind;
  retryAfterMs: number | null;
  /** Whether a reader may have seen some of the answer. */
  hasOutput: boolean;
  onStreamFailure: StreamFailurePolicy;
  /** Failures before this one. */
  failures: number;
  maxAttempts: number;
  route: number;
  routesCount: number;
  deadlineInMs: number;
}

export type RetryDecision = { type: 'retry'; route: number; delayMs: number } | { type: 'fail'; code: ErrorCode };

const firstDelayMs = 500;
const longestDelayMs = 30_000;

/** What a caller reads for each kind, when no attempt is left. */
const errorCodes: Record<FailureKind, ErrorCode> = {
  connect: 'provider_unavailable',
  dns: 'provider_unavailable',
  tls: 'provider_unavailable',
  timeout_first_token: 'provider_unavailable',
  timeout_idle: 'provider_unavailable',
  timeout_total: 'deadline_exceeded',
  rate_limited: 'provider_unavailable',
  overloaded: 'provider_unavailable',
  server_error: 'provider_unavailable',
  truncated: 'provider_unavailable',
  malformed: 'provider_unavailable',
  content_filtered: 'provider_rejected',
  context_too_long: 'provider_rejected',
  bad_request: 'provider_rejected',
  auth: 'provider_auth',
  quota: 'provider_auth',
  cancelled: 'internal',
};

/** What callers read for a provider's fault. */
export const errorCodeOf = (kind: FailureKind): ErrorCode => errorCodes[kind];

/** The request itself is at fault: every provider would answer alike. */
const hopeless = new Set<FailureKind>(['content_filtered', 'context_too_long', 'bad_request', 'timeout_total', 'cancelled']);

/** The key or the account is at fault: asking the same provider again cannot help, another one can. */
const onlyElsewhere = new Set<FailureKind>(['auth', 'quota']);

/**
 * Decides what follows a failed attempt: again here after exponential back-off with full jitter (a provider's Retry-After is
 * the least), at once on the next route, or the end. `random` is in [0, 1).
 */
export function decideRetry(failed: FailedAttempt, random: number): RetryDecision {
  const { kind, failures, maxAttempts, route, routesCount, deadlineInMs } = failed;
  const fail: RetryDecision = { type: 'fail', code: errorCodeOf(kind) };
  if (hopeless.has(kind) || failures + 1 >= maxAttempts) return fail;
  if (failed.hasOutput && failed.onStreamFailure === 'fail') return fail;
  if (route + 1 < routesCount) return { type: 'retry', route: route + 1, delayMs: 0 };
  if (onlyElsewhere.has(kind)) return fail;
  const delayMs = Math.max(backOff(failures, random), failed.retryAfterMs ?? 0);
  return delayMs < deadlineInMs ? { type: 'retry', route, delayMs } : fail;
}

function backOff(failures: number, random: number): number {
  return Math.round(Math.min(longestDelayMs, firstDelayMs * 2 ** failures) * random);
}
