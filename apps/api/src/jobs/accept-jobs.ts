import type { SubmitJobRequest } from '@sluice/contract';
import { findFrozenTemplate, planMessage, type Principal, type Submission, type SubmitResult } from '@sluice/core';
import { AppError } from '@sluice/platform';
import { refuseUrl } from '../webhooks/refuse-url.ts';
import type { JobParts } from './parts.ts';

export type Accepted = Extract<SubmitResult, { type: 'accepted' }>;

/**
 * Freezes the model and the template that a request names into a submission.
 * @throws AppError not_found for a model that does not exist or has no provider, or for a template; invalid_request with every
 * fault of its variables
 */
export async function planSubmission(
  { models, templates, clock }: JobParts,
  caller: Principal,
  request: SubmitJobRequest,
  idempotencyKey: string | null,
): Promise<Submission> {
  const prompt = await findFrozenTemplate(templates, caller.userId, request);
  const alias = request.model ?? prompt?.model ?? '';
  const model = await models.find(alias);
  if (!model) throw unknownModel(alias);
  return { userId: caller.userId, apiKeyId: caller.apiKeyId, idempotencyKey, request, model, prompt, now: clock() };
}

function unknownModel(alias: string): AppError {
  const isDefault = alias.startsWith('default:');
  const message = isDefault
    ? `No model stands for ${alias} here yet; name a \`model\`, or let an administrator choose one.`
    : `There is no model ${alias}; GET /v1/models lists them.`;
  return new AppError('not_found', message, { param: 'model' });
}

/**
 * Submits one job and wakes its lane. The message goes after the commit and nobody waits for it: the queued row is the outbox,
 * and the sweep sends again what was lost.
 * @throws AppError invalid_request for a webhook_url that will never be dialled
 */
export async function acceptJob({ submit, producer, egress, log }: JobParts, submission: Submission): Promise<SubmitResult> {
  refuseUrl(egress, { field: 'webhook_url', url: submission.request.webhook_url });
  const result = await submit.add(submission);
  if (result.type === 'accepted' && result.isNew) {
    const message = planMessage({ ...result.job, jobId: result.job.id, openJobs: result.openJobs }, 0);
    producer.send([message]).catch((err: unknown) => log.warn({ err, jobId: result.job.id }, 'message not sent; the sweep will send it'));
  }
  return result;
}

/** The job of a result. @throws AppError when it was refused */
export function acceptedOrThrow(result: SubmitResult): Accepted {
  if (result.type === 'refused') throw result.error;
  return result;
}
