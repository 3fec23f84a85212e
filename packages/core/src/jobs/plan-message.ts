import type { JobPriority } from '@sluice/contract';
import type { AttemptRef } from './find-attempts.ts';
import type { JobView } from './job-view.ts';

/** A queued job, with how many open jobs its user has. */
export interface WaitingJob extends AttemptRef {
  providerId: string;
  priority: JobPriority;
  openJobs: number;
}

/** The message that wakes a worker for a job: in which queue of the provider's lane, and where in it. */
export interface LaneMessagePlan extends AttemptRef {
  providerId: string;
  kind: 'interactive' | 'batch';
  /** Lower goes first. */
  priority: number;
  delayMs: number;
}

/** False for a job that does not wait for a worker, but for another job's answer, or for nothing any more. */
export function isRunnable({ status, cachedFrom }: Pick<JobView, 'status' | 'cachedFrom'>): boolean {
  return status === 'queued' && !cachedFrom;
}

const backgroundOffset = 100_000;

/** BullMQ takes priorities below 2^21. */
const lowestPriority = 2 ** 21 - 1;

/** Who has many jobs open waits behind who has few; background jobs wait behind all interactive ones; batches have a queue of their own. */
export function planMessage({ jobId, attempt, providerId, priority, openJobs }: WaitingJob, delayMs: number): LaneMessagePlan {
  const offset = priority === 'background' ? backgroundOffset : 0;
  return {
    providerId,
    kind: priority === 'batch' ? 'batch' : 'interactive',
    jobId,
    attempt,
    priority: Math.min(1 + openJobs + offset, lowestPriority),
    delayMs,
  };
}
