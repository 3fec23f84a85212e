import { FailureKind } from '@sluice/contract';
import { describe, expect, test } from 'vitest';
import { decideRetry, type FailedAttempt } from './decide-retry.ts';

const failed: FailedAttempt = {
  kind: 'server_error',
  retryAfterMs: null,
  hasOutput: false,
  onStreamFailure: 'restart',
  failures: 0,
  maxAttempts: 3,
  route: 0,
  routesCount: 1,
  deadlineInMs: 600_000,
};

const again: FailureKind[] = ['connect', 'dns', 'tls', 'timeout_first_token', 'timeout_idle', 'rate_limited', 'overloaded', 'server_error', 'truncated', 'malformed'];

describe('decideRetry', () => {
  test.each(again)('%s is tried again here, and at once elsewhere when there is a next route', (kind) => {
    expect(decideRetry({ ...failed, kind }, 0.5)).toEqual({ type: 'retry', route: 0, delayMs: 250 });
    expect(decideRetry({ ...failed, kind, routesCount: 2 }, 0.5)).toEqual({ type: 'retry', route: 1, delayMs: 0 });
  });

  test.each(['auth', 'quota'] as const)('%s is tried elsewhere only', (kind) => {
    expect(decideRetry({ ...failed, kind }, 0.5)).toEqual({ type: 'fail', code: 'provider_auth' });
    expect(decideRetry({ ...failed, kind, routesCount: 2 }, 0.5)).toMatchObject({ type: 'retry', route: 1 });
  });

  test.each(['bad_request', 'context_too_long', 'content_filtered', 'timeout_total', 'cancelled'] as const)('%s fails, whatever is left', (kind) => {
    expect(decideRetry({ ...failed, kind, routesCount: 2 }, 0.5).type).toBe('fail');
  });

  test('every kind has an answer', () => {
    for (const kind of FailureKind.options) expect(decideRetry({ ...failed, kind }, 0).type).toMatch(/retry|fail/);
  });

  test('the last allowed failure ends the job', () => {
    expect(decideRetry({ ...failed, failures: 1 }, 0).type).toBe('retry');
    expect(decideRetry({ ...failed, failures: 2 }, 0).type).toBe('fail');
  });

  test('text that a protocol cannot take back ends the job', () => {
    expect(decideRetry({ ...failed, hasOutput: true, onStreamFailure: 'fail' }, 0).type).toBe('fail');
    expect(decideRetry({ ...failed, hasOutput: true }, 0).type).toBe('retry');
  });

  test('Retry-After is the least, the deadline the most', () => {
    expect(decideRetry({ ...failed, retryAfterMs: 20_000 }, 0)).toMatchObject({ delayMs: 20_000 });
    expect(decideRetry({ ...failed, retryAfterMs: 20_000, deadlineInMs: 10_000 }, 0).type).toBe('fail');
  });

  test('back-off doubles, with full jitter, up to 30 s', () => {
    const delays = [0, 1, 2, 10].map((failures) => decideRetry({ ...failed, failures, maxAttempts: 99 }, 0.999_999));
    expect(delays).toMatchObject([{ delayMs: 500 }, { delayMs: 1000 }, { delayMs: 2000 }, { delayMs: 30_000 }]);
    expect(decideRetry({ ...failed, failures: 10, maxAttempts: 99 }, 0)).toMatchObject({ delayMs: 0 });
  });
});
