import { expect, test } from 'vitest';
import { planMessage } from './plan-message.ts';

const job = { jobId: 'job_1', attempt: 1, providerId: 'prv_1', priority: 'interactive' as const, openJobs: 3 };

test('who has few open jobs goes before who has many', () => {
  expect(planMessage(job, 0).priority).toBeLessThan(planMessage({ ...job, openJobs: 4 }, 0).priority);
});

test('a background job of an idle user waits behind an interactive one of a busy user', () => {
  const background = planMessage({ ...job, priority: 'background', openJobs: 0 }, 0);
  expect(background.priority).toBeGreaterThan(planMessage({ ...job, openJobs: 50_000 }, 0).priority);
  expect(background.kind).toBe('interactive');
});

test('batch jobs have a queue of their own', () => {
  expect(planMessage({ ...job, priority: 'batch' }, 0).kind).toBe('batch');
});

test('the priority stays within what the queue takes', () => {
  expect(planMessage({ ...job, openJobs: 2 ** 31 - 1 }, 0).priority).toBeLessThan(2 ** 21);
  expect(planMessage({ ...job, openJobs: 0 }, 0).priority).toBeGreaterThan(0);
});
