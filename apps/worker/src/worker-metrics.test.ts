import { noTokens } from '@sluice/contract';
import type { ClaimedJob, FinishedAttempt } from '@sluice/core';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { createRunningAttempts } from './running-attempts.ts';
import { createWorkerMetrics } from './worker-metrics.ts';

const routes = [
  { providerId: 'p1', provider: 'first', model: 'm' },
  { providerId: 'p2', provider: 'second', model: 'm' },
];
const job = { jobId: 'job_1', attempt: 1, route: 0, routes } as unknown as ClaimedJob;
const failed: FinishedAttempt = {
  jobId: 'job_1',
  attempt: 1,
  outcome: 'failed',
  failure: 'server_error',
  message: 'x',
  tokens: noTokens,
  usageSource: 'none',
  requestId: null,
  firstTokenAt: null,
  next: { to: 'queued', route: 0, delayMs: 0 },
};

test('attempts are counted by failure, and what follows them as a retry or as a fallback', async () => {
  const registry = new Registry();
  const metrics = createWorkerMetrics(registry, createRunningAttempts());
  const end = (finished: FinishedAttempt) => metrics.attemptEnded({ job, finished, startedAt: new Date() });
  end(failed);
  end({ ...failed, next: { to: 'queued', route: 1, delayMs: 0 } });
  end({ ...failed, outcome: 'given_back', failure: 'cancelled' });
  end({ ...failed, next: { to: 'failed', output: null, error: null } });
  const text = await registry.metrics();
  expect(text).toContain('sluice_attempts_total{provider="first",outcome="failed",failure="server_error",key="platform"} 3');
  expect(text.split('\n').filter((line) => line.startsWith('sluice_retries_total'))).toEqual([
    'sluice_retries_total{provider="first",failure="server_error",to="same_provider"} 1',
    'sluice_retries_total{provider="first",failure="server_error",to="next_route"} 1',
  ]);
});
