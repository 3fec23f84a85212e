import { getRetry, type JobView, type Principal } from '@sluice/core';
import { acceptedOrThrow, acceptJob, planSubmission } from './accept-jobs.ts';
import type { JobParts } from './parts.ts';

/**
 * Submits what an ended job asked as a new job, at the price of today. The same idempotency key answers the same new job.
 * @throws AppError as `getRetry` and `planSubmission`; insufficient_credits
 */
export async function acceptRetry(parts: JobParts, caller: Principal, jobId: string, idempotencyKey: string | null): Promise<JobView> {
  const { request, prompt, retryOf } = await getRetry(parts.db.em(), { jobId, userId: caller.userId });
  const submission = await planSubmission(parts, caller, request, idempotencyKey);
  const { job } = acceptedOrThrow(await acceptJob(parts, { ...submission, retryOf, ...(prompt && { prompt }) }));
  return job;
}
