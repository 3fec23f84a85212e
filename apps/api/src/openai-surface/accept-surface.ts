import type { KeyChoice } from '@sluice/contract';
import { atSurface, screenSubmission, type JobView, type SurfaceRequest } from '@sluice/core';
import type { Request, Response } from 'express';
import { cacheRequestOf, setCacheHeader } from '../http/cache-header.ts';
import { idempotencyKeyOf } from '../http/idempotency-key.ts';
import { keyChoiceOf } from '../http/key-choice.ts';
import { principalOf } from '../http/principal.ts';
import { acceptedOrThrow, planSubmission, submitScreened } from '../jobs/accept-jobs.ts';
import type { JobParts } from '../jobs/parts.ts';
import { findRetryKey } from './retry-key.ts';

/** A request that has become a job. */
export interface AcceptedCall {
  job: JobView;
  /** What is shown of the request, as the word lists allow. */
  echo: unknown;
  /** It came with an idempotency key, so whoever sent it may come back for the answer. */
  isKeyed: boolean;
}

/**
 * Submits a request in OpenAI's words, and names its job in a header. A key means something on its own route only.
 * @throws AppError as the native submit does
 */
export async function acceptSurface(parts: JobParts, req: Request, res: Response, planned: SurfaceRequest): Promise<AcceptedCall> {
  const { request, surface } = withKeyChoice(planned, keyChoiceOf(req));
  const cache = cacheRequestOf(req);
  const key = idempotencyKeyOf(req) ?? (await findRetryKey(parts, req, res, planned));
  const idempotencyKey = key === null ? null : `${surface.name} ${key}`;
  const asked = { ...request, ...(cache !== undefined && { cache }) };
  const submission = await planSubmission(parts, principalOf(req), asked, idempotencyKey).catch((error: unknown) => {
    throw atSurface(surface.name, error);
  });
  const screened = screenSubmission(parts.wordRules, { ...submission, surface });
  const { job } = acceptedOrThrow(await submitScreened(parts, screened));
  res.setHeader('x-job-id', job.id);
  setCacheHeader(res, job);
  return { job, echo: screened.surface.echo, isKeyed: key !== null };
}

/** An idempotency key stands for the choice too, where one was made. */
function withKeyChoice(planned: SurfaceRequest, key: KeyChoice | undefined): SurfaceRequest {
  if (key === undefined) return planned;
  const { request, surface } = planned;
  return { request: { ...request, key }, surface: { ...surface, body: { body: surface.body, key } } };
}
