import { noTokens, type JobOutput, type TokenCounts } from '@sluice/contract';
import type { ClaimedJob } from '@sluice/core';
import { describe, expect, test } from 'vitest';
import { planFinish, type AttemptFacts } from './plan-finish.ts';

const counts: TokenCounts = { ...noTokens, input_tokens: 5, output_tokens: 7 };
const estimate: TokenCounts = { ...noTokens, input_tokens: 6, output_tokens: 8 };
const output: JobOutput = { text: 'Half an', reasoning: null, tool_calls: [], finish_reason: null };

const job: ClaimedJob = {
  jobId: 'job_1',
  attempt: 1,
  userId: 'usr_1',
  usesOwnKey: false,
  failures: 0,
  maxAttempts: 3,
  routes: [{ providerId: 'prv_1', provider: 'one', model: 'm' }],
  route: 0,
  kind: 'text',
  request: { messages: [], params: {} },
  maxTokens: 100,
  onStreamFailure: 'restart',
  batchId: null,
  repair: null,
  cacheTtlS: null,
  deadlineInMs: 60_000,
};

const finished: AttemptFacts = {
  job,
  result: { type: 'finished', reason: 'stop', tokens: counts, requestId: 'r1' },
  stopped: null,
  output: { ...output, finish_reason: 'stop' },
  hasOutput: true,
  hasOtherKey: false,
  estimate,
  firstTokenAt: null,
  deadlineInMs: 50_000,
};

const broken: AttemptFacts = {
  ...finished,
  result: { type: 'failed', kind: 'truncated', message: 'The stream was cut.', retryAfterMs: null, tokens: null },
  output,
};

describe('planFinish', () => {
  test('stop and tool calls complete a job; length and content filter leave it incomplete', () => {
    const endOf = (reason: 'stop' | 'tool_calls' | 'length' | 'content_filter') =>
      planFinish({ ...finished, result: { ...finished.result, reason } as AttemptFacts['result'] }, 0).next.to;
    expect(['stop', 'tool_calls', 'length', 'content_filter'].map((reason) => endOf(reason as 'stop'))).toEqual([
      'completed',
      'completed',
      'incomplete',
      'incomplete',
    ]);
  });

  test("the provider's counts are charged; without them an estimate that is marked", () => {
    expect(planFinish(finished, 0)).toMatchObject({ tokens: counts, usageSource: 'provider' });
    const silent = { ...finished, result: { ...finished.result, tokens: null } as AttemptFacts['result'] };
    expect(planFinish(silent, 0)).toMatchObject({ tokens: estimate, usageSource: 'estimated' });
  });

  test('a failure before any text costs nothing, also when it is the last', () => {
    const early = { ...broken, output: null, hasOutput: false, job: { ...job, failures: 2 } };
    expect(planFinish(early, 0)).toMatchObject({ outcome: 'failed', next: { to: 'failed' }, tokens: noTokens, usageSource: 'none' });
  });

  test('a failure with an attempt left queues the job again', () => {
    expect(planFinish(broken, 0.5)).toMatchObject({ outcome: 'failed', next: { to: 'queued', route: 0, delayMs: 250 } });
  });

  test('the last failure keeps and charges what was delivered', () => {
    const last = { ...broken, job: { ...job, failures: 2 } };
    expect(planFinish(last, 0)).toMatchObject({
      next: { to: 'failed', output, error: { code: 'provider_unavailable' } },
      usageSource: 'estimated',
    });
  });

  test('a cancel wins over the failure it causes, and charges what was delivered', () => {
    const cancelled = { ...broken, stopped: 'cancel' as const };
    expect(planFinish(cancelled, 0)).toMatchObject({
      outcome: 'cancelled',
      next: { to: 'cancelled', error: null },
      usageSource: 'estimated',
    });
    expect(planFinish({ ...cancelled, output: null, hasOutput: false }, 0)).toMatchObject({
      next: { to: 'cancelled' },
      usageSource: 'none',
    });
  });

  test('an answer that was whole before the cancel came is completed', () => {
    expect(planFinish({ ...finished, stopped: 'cancel' }, 0)).toMatchObject({ next: { to: 'completed' } });
  });

  test('a worker that stops gives the job back, unless its readers cannot take text back', () => {
    const stopped = { ...broken, stopped: 'shutdown' as const };
    expect(planFinish(stopped, 0)).toMatchObject({ outcome: 'given_back', next: { to: 'queued', route: 0, delayMs: 0 } });
    const strict = { ...stopped, job: { ...job, onStreamFailure: 'fail' as const } };
    expect(planFinish(strict, 0)).toMatchObject({ outcome: 'failed', next: { to: 'failed', error: { code: 'worker_lost' } } });
    expect(planFinish({ ...strict, output: null, hasOutput: false }, 0)).toMatchObject({ outcome: 'given_back' });
  });
});

describe('an answer that does not fit its schema', () => {
  const wrong: JobOutput = {
    ...output,
    finish_reason: 'stop',
    schema_valid: false,
    schema_errors: [{ path: 'age', message: 'must be integer' }],
  };
  const asked = (check: object): ClaimedJob => ({
    ...job,
    kind: 'text',
    request: { messages: [], params: {}, check: { on_invalid: 'mark', repair: false, ...check } },
  });
  const plan = (facts: Partial<AttemptFacts>) => planFinish({ ...finished, output: wrong, ...facts }, 0.5);
  const repair = { output: wrong, tokens: counts, usageSource: 'estimated' as const };
  const both = { input_tokens: 10, cached_input_tokens: 0, output_tokens: 14, reasoning_tokens: 0 };

  test('is kept, marked or failed as the caller chose', () => {
    expect(plan({ job }).next).toEqual({ to: 'completed', output: wrong, error: null });
    const error = { code: 'output_invalid', message: 'The answer does not fit the JSON schema: age: must be integer' };
    expect(plan({ job: asked({ on_invalid: 'fail' }) })).toMatchObject({
      outcome: 'completed',
      next: { to: 'failed', output: wrong, error },
    });
  });

  test('is repaired once, where readers can take it back and there is time', () => {
    const willing = asked({ repair: true });
    expect(plan({ job: willing })).toMatchObject({
      outcome: 'completed',
      failure: null,
      next: { to: 'queued', route: 0, delayMs: 0, repair: { output: wrong, tokens: counts, usageSource: 'provider' } },
    });
    expect(plan({ job: { ...willing, onStreamFailure: 'fail' } }).next.to).toBe('completed');
    expect(plan({ job: willing, deadlineInMs: 0 }).next.to).toBe('completed');
    expect(plan({ job: { ...willing, repair } }).next.to).toBe('completed');
  });

  test('is charged together with its repair, and stands when the repair fails', () => {
    const repairing = { ...asked({ repair: true }), repair };
    const right = plan({ job: repairing, output: { ...wrong, schema_valid: true } });
    expect(right.next).toMatchObject({ to: 'completed', used: { tokens: both, usageSource: 'mixed' } });
    const refused: AttemptFacts['result'] = { type: 'failed', kind: 'bad_request', message: 'No.', retryAfterMs: null, tokens: null };
    expect(plan({ job: repairing, result: refused, output: null, hasOutput: false }).next).toEqual({
      to: 'completed',
      output: wrong,
      error: null,
      used: { tokens: counts, usageSource: 'estimated' },
    });
  });
});
