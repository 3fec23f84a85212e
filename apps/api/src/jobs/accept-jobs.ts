import { isEnd, type SubmitJobRequest } from '@sluice/contract';
import { freezeRequest, isRunnable, planMessage, screenSubmission, type Principal, type Submission, type SubmitResult } from '@sluice/core';
import { refuseUrl } from '../webhooks/refuse-url.ts';
import type { JobParts } from './parts.ts';

export type Accepted = Extract<SubmitResult, { type: 'accepted' }>;

/**
 * Freezes what a request names into a submission.
 * @throws AppError as `freezeRequest`
 */
export async function planSubmission(
  parts: JobParts,
  caller: Principal,
  request: SubmitJobRequest,
  idempotencyKey: string | null,
): Promise<Submission> {
  const frozen = await freezeRequest(parts, caller.userId, request);
  return { userId: caller.userId, apiKeyId: caller.apiKeyId, idempotencyKey, request, ...frozen, now: parts.clock() };
}

/**
 * Submits one job, as the word lists allow, and wakes its lane.
 * @throws AppError invalid_request for a webhook_url that will never be dialled; content_blocked
 */
export function acceptJob(parts: JobParts, submission: Submission): Promise<SubmitResult> {
  return submitScreened(parts, screenSubmission(parts.wordRules, submission));
}

/**
 * The same for a submission that was looked through. The message goes after the commit and nobody waits for it: the queued row is
 * the outbox, and the sweep sends again what was lost.
 */
export async function submitScreened(parts: JobParts, submission: Submission): Promise<SubmitResult> {
  refuseUrl(parts.egress, { field: 'webhook_url', url: submission.request.webhook_url });
  const result = await parts.submit.add(submission);
  if (result.type === 'accepted' && result.isNew) announceJob(parts, result);
  return result;
}

/** One that has its answer from the cache needs no worker any more, one that waits for another's does not need one yet. */
function announceJob({ producer, bell, cacheLookups, log }: JobParts, { job, openJobs }: Accepted): void {
  cacheLookups.count(job);
  if (isEnd(job.status)) for (const topic of ['settle', 'deliveries']) bell.ring(topic);
  if (!isRunnable(job)) return;
  const message = planMessage({ ...job, jobId: job.id, openJobs }, 0);
  producer.send([message]).catch((err: unknown) => log.warn({ err, jobId: job.id }, 'message not sent; the sweep will send it'));
}

/** The job of a result. @throws AppError when it was refused */
export function acceptedOrThrow(result: SubmitResult): Accepted {
  if (result.type === 'refused') throw result.error;
  return result;
}
