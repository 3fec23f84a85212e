import { isEnd } from '@sluice/contract';
import { OpenAiError, type JobView } from '@sluice/core';
import type { Response } from 'express';
import { setCacheHeader } from '../http/cache-header.ts';
import type { Drain } from '../http/drain.ts';
import { closedSignal } from '../http/sse.ts';
import type { JobParts } from '../jobs/parts.ts';
import { requestCancel } from '../jobs/request-cancel.ts';
import { waitForEnd } from '../jobs/wait-for-end.ts';
import type { AcceptedCall } from './accept-surface.ts';

/** What a call needs that ends with its connection. */
export type ForegroundParts = JobParts & { drain: Drain };

const ownerOf = ({ id, userId }: JobView) => ({ jobId: id, userId });

/**
 * Holds a foreground call until its job has ended; null when the caller has gone, which cancels it. The wait is bounded below
 * the 300 s after which Node's fetch gives up and asks again.
 * @throws OpenAiError deadline_exceeded when the wait is over; the job is cancelled
 */
export async function awaitAnswer(parts: JobParts, res: Response, call: AcceptedCall): Promise<JobView | null> {
  const gone = closedSignal(res);
  const waitS = parts.settings.FOREGROUND_WAIT_S;
  const job = isEnd(call.job.status) ? call.job : await waitForEnd(parts, ownerOf(call.job), waitS * 1000, gone);
  setCacheHeader(res, job);
  if (isEnd(job.status)) return job;
  if (!gone.aborted) {
    await requestCancel(parts, ownerOf(call.job));
    const message = `There was no answer within ${waitS} s, and the request was cancelled. Stream it, or run it in the background.`;
    throw new OpenAiError('deadline_exceeded', message, { openAiCode: 'queue_wait_timeout' });
  }
  await abandon(parts, call);
  return null;
}

/** The caller of a foreground call has gone, and with them its purpose; unless they have a key to come back with. */
export async function abandon(parts: JobParts, { job, isKeyed }: AcceptedCall): Promise<void> {
  if (!isKeyed) await requestCancel(parts, ownerOf(job));
}
