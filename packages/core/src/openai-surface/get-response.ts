import type { ResponseEcho, ResponseInputItem } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { findSurfaceJobs, type JobView } from '../jobs/index.ts';
import { OpenAiError } from './openai-error.ts';
import { jobIdOf } from './response-ids.ts';
import { presentInput, type StoredItem } from './stored-items.ts';

export interface ResponseOwner {
  responseId: string;
  userId: string;
}

/** A job that was asked as a response, with what its object repeats of the request. */
export interface StoredResponse {
  job: JobView;
  echo: ResponseEcho;
}

/**
 * A response of this user.
 * @throws OpenAiError not_found: missing, deleted, forgotten, or somebody else's
 */
export async function getResponse(em: EntityManager, { responseId, userId }: ResponseOwner): Promise<StoredResponse> {
  const [found] = await findSurfaceJobs(em, { userId, jobIds: [jobIdOf(responseId)], surface: 'responses' }, 'surfaceEcho');
  if (!found) throw noSuchResponse(responseId);
  return { job: found.job, echo: found.part as ResponseEcho };
}

/** A response with its input. */
export interface AskedResponse {
  job: JobView;
  /** The items of the responses before it included, in order; each has an id. */
  input: ResponseInputItem[];
}

/** Those of the user's responses, for building on them. */
export async function findAskedResponses(em: EntityManager, userId: string, jobIds: string[]): Promise<AskedResponse[]> {
  const found = await findSurfaceJobs(em, { userId, jobIds, surface: 'responses' }, 'surfaceInput');
  return found.map(({ job, part }) => ({ job, input: presentInput(job.id, part as StoredItem[]) }));
}

/**
 * What a response was asked with.
 * @throws OpenAiError not_found
 */
export async function getResponseInput(em: EntityManager, { responseId, userId }: ResponseOwner): Promise<ResponseInputItem[]> {
  const [found] = await findAskedResponses(em, userId, [jobIdOf(responseId)]);
  if (!found) throw noSuchResponse(responseId);
  return found.input;
}

function noSuchResponse(responseId: string): OpenAiError {
  return new OpenAiError('not_found', `Response with id '${responseId.slice(0, 128)}' not found.`, { openAiCode: null, param: 'id' });
}
