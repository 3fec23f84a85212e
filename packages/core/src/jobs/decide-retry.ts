import type { ErrorCode, FailureKind, StreamFailurePolicy } from '@sluice/contract';
import { failurePolicies } from './failure-policy.ts';

export interface FailedAttempt {
  kind: FailureKind;
  retryAfterMs: number | null;
  /** Whether a reader may have seen some of the answer. */
  hasOutput: boolean;
  onStreamFailure: StreamFailurePolicy;
  /** Failures before this one. */
  failures: number;
  maxAttempts: number;
  /** Whether the provider has another key. */
  hasOtherKey: boolean;
  route: number;
  routesCount: number;
  deadlineInMs: number;
}

export type RetryDecision = { type: 'retry'; route: number; delayMs: number } | { type: 'fail'; code: ErrorCode };

const firstDelayMs = 500;
const longestDelayMs = 30_000;

/**
 * Decides what follows a failed attempt, the whole policy in one place: at once with another key, at once on the next route,
 * again here after exponential back-off with full jitter (a provider's Retry-After is the least), or the end. Every failure
 * counts, so that no job makes more calls than `maxAttempts`. `random` is in [0, 1). docs/failures.md is made from this.
 */
export function decideRetry(failed: FailedAttempt, random: number): RetryDecision {
  const { kind, failures, maxAttempts, route, routesCount, deadlineInMs } = failed;
  const { blame, code } = failurePolicies[kind];
  const fail: RetryDecision = { type: 'fail', code };
  if (blame === 'request' || blame === 'job' || failures + 1 >= maxAttempts) return fail;
  if (failed.hasOutput && failed.onStreamFailure === 'fail') return fail;
  // Which key has room is admission's to say: if every other one rests too, the message waits or its job changes lanes.
  if (blame !== 'provider' && failed.hasOtherKey) return { type: 'retry', route, delayMs: 0 };
  if (route + 1 < routesCount) return { type: 'retry', route: route + 1, delayMs: 0 };
  if (blame === 'key') return fail;
  const delayMs = Math.max(backOff(failures, random), failed.retryAfterMs ?? 0);
  return delayMs < deadlineInMs ? { type: 'retry', route, delayMs } : fail;
}

function backOff(failures: number, random: number): number {
  return Math.round(Math.min(longestDelayMs, firstDelayMs * 2 ** failures) * random);
}
