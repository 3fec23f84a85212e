import { FailureKind } from '@sluice/contract';
import { describe, expect, test } from 'vitest';
import { decideRetry, type FailedAttempt, type RetryDecision } from './decide-retry.ts';
import { failurePolicies, type Blame } from './failure-policy.ts';

const failed: FailedAttempt = {
  kind: 'server_error',
  retryAfterMs: null,
  hasOutput: false,
  onStreamFailure: 'restart',
  failures: 0,
  maxAttempts: 3,
  hasOtherKey: false,
  route: 0,
  routesCount: 1,
  deadlineInMs: 600_000,
};

type Step = 'other key' | 'next route' | 'here' | 'end';

/** Says what must follow in words of its own: by blame, then what there is. */
const expected: Record<Blame, Record<'alone' | 'otherKey' | 'nextRoute' | 'both', Step>> = {
  request: { alone: 'end', otherKey: 'end', nextRoute: 'end', both: 'end' },
  job: { alone: 'end', otherKey: 'end', nextRoute: 'end', both: 'end' },
  limit: { alone: 'here', otherKey: 'other key', nextRoute: 'next route', both: 'other key' },
  key: { alone: 'end', otherKey: 'other key', nextRoute: 'next route', both: 'other key' },
  provider: { alone: 'here', otherKey: 'here', nextRoute: 'next route', both: 'next route' },
};

const blames: Record<Blame, FailureKind[]> = {
  request: ['content_filtered', 'context_too_long', 'bad_request'],
  job: ['timeout_total', 'cancelled'],
  limit: ['rate_limited'],
  key: ['auth', 'quota'],
  provider: ['connect', 'dns', 'tls', 'timeout_first_token', 'timeout_idle', 'overloaded', 'server_error', 'truncated', 'malformed'],
};

const chances = [
  { name: 'alone', hasOtherKey: false, routesCount: 1 },
  { name: 'otherKey', hasOtherKey: true, routesCount: 1 },
  { name: 'nextRoute', hasOtherKey: false, routesCount: 2 },
  { name: 'both', hasOtherKey: true, routesCount: 2 },
] as const;

const outputs = [
  { hasOutput: false, onStreamFailure: 'restart' },
  { hasOutput: false, onStreamFailure: 'fail' },
  { hasOutput: true, onStreamFailure: 'restart' },
  { hasOutput: true, onStreamFailure: 'fail' },
] as const;

const cells = FailureKind.options.flatMap((kind) =>
  chances.flatMap((chance) => outputs.flatMap((output) => [0, 1, 2, 3].map((failures) => ({ kind, chance, output, failures })))),
);

function stepOf(decision: RetryDecision): Step {
  if (decision.type === 'fail') return 'end';
  if (decision.route === 1) return 'next route';
  return decision.delayMs === 0 ? 'other key' : 'here';
}

describe('decideRetry', () => {
  test('every kind of failure has somebody to blame', () => {
    expect(Object.values(blames).flat().toSorted()).toEqual(FailureKind.options.toSorted());
    for (const [blame, kinds] of Object.entries(blames)) for (const kind of kinds) expect(failurePolicies[kind].blame).toBe(blame);
  });

  test(`every one of ${cells.length} cells (kind, other key, next route, output, failures) is decided as written`, () => {
    for (const { kind, chance, output, failures } of cells) {
      const { name, ...facts } = chance;
      const decision = decideRetry({ ...failed, ...facts, ...output, kind, failures }, 0.5);
      const isOver = failures >= 2 || (output.hasOutput && output.onStreamFailure === 'fail');
      const step = isOver ? 'end' : expected[failurePolicies[kind].blame][name];
      expect([kind, name, output, failures, stepOf(decision)]).toEqual([kind, name, output, failures, step]);
      if (decision.type === 'fail') expect(decision.code).toBe(failurePolicies[kind].code);
      else expect(decision.delayMs).toBe(step === 'here' ? 250 * 2 ** failures : 0);
    }
  });

  test('on the last route there is no next one', () => {
    expect(decideRetry({ ...failed, route: 1, routesCount: 2 }, 0.5)).toEqual({ type: 'retry', route: 1, delayMs: 250 });
    expect(decideRetry({ ...failed, kind: 'auth', route: 1, routesCount: 2 }, 0.5)).toEqual({ type: 'fail', code: 'provider_auth' });
  });

  test('Retry-After is the least, the deadline the most', () => {
    expect(decideRetry({ ...failed, retryAfterMs: 20_000 }, 0)).toMatchObject({ delayMs: 20_000 });
    expect(decideRetry({ ...failed, retryAfterMs: 20_000, deadlineInMs: 10_000 }, 0).type).toBe('fail');
  });

  test('Retry-After of one key holds nobody back who has another key or route', () => {
    const limited = { ...failed, kind: 'rate_limited' as const, retryAfterMs: 20_000, deadlineInMs: 10_000 };
    expect(decideRetry({ ...limited, hasOtherKey: true }, 0.5)).toMatchObject({ route: 0, delayMs: 0 });
    expect(decideRetry({ ...limited, routesCount: 2 }, 0.5)).toMatchObject({ route: 1, delayMs: 0 });
  });

  test('back-off doubles, with full jitter, up to 30 s', () => {
    const delays = [0, 1, 2, 10].map((failures) => decideRetry({ ...failed, failures, maxAttempts: 99 }, 0.999_999));
    expect(delays).toMatchObject([{ delayMs: 500 }, { delayMs: 1000 }, { delayMs: 2000 }, { delayMs: 30_000 }]);
    expect(decideRetry({ ...failed, failures: 10, maxAttempts: 99 }, 0)).toMatchObject({ delayMs: 0 });
  });
});
