import type { ClaimedJob, FinishedAttempt } from '@sluice/core';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { createKeyMetrics, type KeyMetrics } from './key-metrics.ts';
import type { RunningAttempts } from './running-attempts.ts';

/** What a worker measures: how attempts end, how long they take, how many run, and what becomes of providers' keys. */
export interface WorkerMetrics extends KeyMetrics {
  attemptEnded(ended: EndedAttempt): void;
  twinsResolved(twins: { answered: number; released: number }): void;
}

export interface EndedAttempt {
  job: ClaimedJob;
  finished: FinishedAttempt;
  startedAt: Date;
}

export function createWorkerMetrics(registry: Registry, running: RunningAttempts): WorkerMetrics {
  const registers = [registry];
  const attempts = new Counter({
    name: 'sluice_attempts_total',
    help: 'Attempts that ended, by provider, outcome, failure and whose key they used',
    labelNames: ['provider', 'outcome', 'failure', 'key'],
    registers,
  });
  const retries = new Counter({
    name: 'sluice_retries_total',
    help: 'Failed attempts that are followed by another one, by whom it asks: the same provider, or the next route (a fallback)',
    labelNames: ['provider', 'failure', 'to'],
    registers,
  });
  const tokens = new Counter({
    name: 'sluice_tokens_total',
    help: 'Tokens used, by provider and direction',
    labelNames: ['provider', 'direction'],
    registers,
  });
  const waits = new Histogram({
    name: 'sluice_first_token_seconds',
    help: 'From the start of an attempt to its first token',
    labelNames: ['provider'],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120],
    registers,
  });
  const twins = new Counter({
    name: 'sluice_cache_twins_total',
    help: 'Jobs that waited for an identical one: given its answer, or released to run because there was none',
    labelNames: ['outcome'],
    registers,
  });
  new Gauge({
    name: 'sluice_running_attempts',
    help: 'Attempts that run in this process',
    registers,
    collect() {
      this.set(running.count());
    },
  });
  return {
    ...createKeyMetrics(registers),
    twinsResolved({ answered, released }) {
      twins.inc({ outcome: 'answered' }, answered);
      twins.inc({ outcome: 'released' }, released);
    },
    attemptEnded({ job, finished, startedAt }) {
      const { outcome, failure, tokens: used, firstTokenAt } = finished;
      const provider = job.routes[job.route]?.provider ?? '';
      attempts.inc({ provider, outcome, failure: failure ?? '', key: job.usesOwnKey ? 'own' : 'platform' });
      const to = planRetry(job, finished);
      if (to) retries.inc({ provider, failure: failure ?? '', to });
      tokens.inc({ provider, direction: 'input' }, used.input_tokens);
      tokens.inc({ provider, direction: 'output' }, used.output_tokens);
      if (firstTokenAt) waits.observe({ provider }, Math.max(0, firstTokenAt.getTime() - startedAt.getTime()) / 1000);
    },
  };
}

/** Whom a failed attempt's successor asks; null when there is none, or when it was only handed back. */
function planRetry(job: ClaimedJob, { outcome, next }: FinishedAttempt): 'same_provider' | 'next_route' | null {
  if (outcome !== 'failed' || next.to !== 'queued') return null;
  return next.route === job.route ? 'same_provider' : 'next_route';
}
