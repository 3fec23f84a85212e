import { isEnd } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { cancelJob, forgetJob, type JobView } from '../jobs/index.ts';
import { getResponse, type ResponseOwner, type StoredResponse } from './get-response.ts';
import { OpenAiError } from './openai-error.ts';

/**
 * Asks for the end of a background response; one that is cancelled already is answered as it is.
 * @throws OpenAiError not_found; invalid_request for a foreground response, or one that has ended otherwise
 */
export async function cancelResponse(em: EntityManager, owner: ResponseOwner): Promise<StoredResponse> {
  const { job, echo } = await getResponse(em, owner);
  if (!job.isBackground) throw refused('Cannot cancel a synchronous response.');
  const cancelled = isEnd(job.status) ? job : await cancelJob(em.fork(), { jobId: job.id, userId: job.userId });
  return { job: cancelledOrThrow(cancelled), echo };
}

/** The job, unless it ended before the cancel could reach it. */
export function cancelledOrThrow(job: JobView): JobView {
  if (isEnd(job.status) && job.status !== 'cancelled') {
    throw refused(`Cannot cancel ${job.status === 'incomplete' ? 'an' : 'a'} ${job.status} response.`);
  }
  return job;
}

/**
 * Deletes an ended response with all that it said and was asked; its charge stays.
 * @throws OpenAiError not_found; invalid_request while it is in flight
 */
export async function deleteResponse(em: EntityManager, owner: ResponseOwner): Promise<JobView> {
  const { job } = await getResponse(em, owner);
  if (!isEnd(job.status)) throw refused('Cannot delete an in-flight response: cancel it first.');
  await forgetJob(em, { jobId: job.id, userId: job.userId });
  return job;
}

/** 400 and not 409, which the SDKs would try again. */
function refused(message: string): OpenAiError {
  return new OpenAiError('invalid_request', message, { openAiCode: null, param: 'response_id' });
}
