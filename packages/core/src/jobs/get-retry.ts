import {
  isEnd,
  type JobPriority,
  type JobStatus,
  type StreamFailurePolicy,
  type SubmitJobRequest,
  type SubmitTextRequest,
} from '@sluice/contract';
import { AppError, notFound } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import type { FrozenPrompt } from './frozen-prompt.ts';
import type { JobOwner } from './get-job.ts';
import type { JobWork } from './job-request.ts';

/** What asks the same again: a request of what was frozen, and the template that it came from. */
export interface Retry {
  retryOf: string;
  request: SubmitJobRequest;
  prompt: FrozenPrompt | null;
}

type EndedJob = EndedRow & JobWork;

interface EndedRow {
  id: string;
  status: JobStatus;
  model: string;
  priority: JobPriority;
  onStreamFailure: StreamFailurePolicy;
  maxAttempts: number;
  metadata: Record<string, string>;
  deadlineS: number;
  webhookUrl: string | null;
  batchId: string | null;
  isStored: boolean;
  isDeleted: boolean;
  templateVersionId: string | null;
  template: string | null;
  usesOwnKey: boolean;
}

/**
 * The request of an ended job that has no whole answer, as it was frozen when it was submitted: a template that has changed since
 * changes nothing. Routes and price are not part of it; they are those of the day on which it is submitted again.
 * @throws AppError not_found; conflict for a job that still runs, that was answered, that is a row of a batch, or whose content is gone
 */
export async function getRetry(em: EntityManager, { jobId, userId }: JobOwner): Promise<Retry> {
  const [job] = await execute<EndedJob>(
    em,
    sql`select id, status, kind, model, request, priority, on_stream_failure as "onStreamFailure", max_attempts as "maxAttempts", metadata,
          greatest(1, round(extract(epoch from deadline_at - created_at)))::int as "deadlineS", webhook_url as "webhookUrl",
          batch_id as "batchId", is_stored as "isStored", deleted_at is not null as "isDeleted", template_version_id as "templateVersionId", uses_own_key as "usesOwnKey",
          (select slug || '@' || version from template_versions v join templates t on t.id = v.template_id where v.id = template_version_id) as template
        from jobs where id = ${jobId} and user_id = ${userId}`,
  );
  if (!job) throw notFound('job');
  const refusal = findRefusal(job);
  if (refusal) throw new AppError('conflict', refusal);
  return planRetry(job);
}

function findRefusal({ status, batchId, isStored, isDeleted }: EndedJob): string | null {
  if (!isEnd(status)) return `The job is ${status}; wait for its end, or cancel it first.`;
  if (status === 'completed') return 'The job was answered; to ask again, submit a new job.';
  if (batchId) return `The job is a row of ${batchId}; POST /v1/batches/${batchId}/retry-failed runs its failed rows again.`;
  return isDeleted || !isStored ? 'What the job asked is not stored any more; submit a new job.' : null;
}

function planRetry(job: EndedJob): Retry {
  const { templateVersionId, template } = job;
  const prompt =
    job.kind === 'text' && templateVersionId !== null ? { versionId: templateVersionId, name: template ?? '', ...job.request } : null;
  return { retryOf: job.id, request: { ...askedOf(job), ...settingsOf(job) }, prompt };
}

/** What was asked, in the words of a request. */
function askedOf(job: EndedJob) {
  const { model } = job;
  switch (job.kind) {
    case 'embedding':
      return { kind: job.kind, model, input: job.request.inputs, params: job.request.params };
    case 'rerank':
      return { kind: job.kind, model, ...job.request };
    case 'moderation':
      return { kind: job.kind, model, ...job.request, params: {} };
    case 'text': {
      const { messages, params, check } = job.request;
      return {
        model,
        messages: messages as SubmitTextRequest['messages'],
        params,
        ...(check && { output_check: check }),
        on_stream_failure: job.onStreamFailure,
      };
    }
  }
}

function settingsOf({ usesOwnKey, priority, maxAttempts, deadlineS, webhookUrl, metadata }: EndedJob) {
  return {
    ...(usesOwnKey && { key: 'own' as const }),
    priority,
    max_attempts: maxAttempts,
    deadline_s: deadlineS,
    ...(webhookUrl !== null && { webhook_url: webhookUrl }),
    metadata,
  };
}
