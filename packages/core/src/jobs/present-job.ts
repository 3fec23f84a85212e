import { isEnd, presentUsage, type ErrorCode, type JobObject, type TokenCounts } from '@sluice/contract';
import { presentResult } from './present-result.ts';
import type { JobView } from './job-view.ts';

/** A job as callers see it. */
export function presentJob(job: JobView): JobObject {
  const provider = job.routes[job.route]?.provider ?? null;
  return {
    id: job.id,
    object: 'job',
    status: job.status,
    model: job.model,
    provider: job.startedAt ? provider : null,
    key: job.usesOwnKey ? 'own' : 'platform',
    attempt: job.attempt,
    failures: job.failures,
    max_attempts: job.maxAttempts,
    ...presentResult(job),
    usage: isEnd(job.status) ? presentUsage(tokensOf(job), job.usageSource) : null,
    billing: { state: job.billingState, hold: job.hold, cost: job.cost ?? null, price_factor: job.priceFactor },
    error: errorOf(job),
    timings: {
      queued_ms: since(job.createdAt, job.startedAt),
      first_token_ms: since(job.createdAt, job.firstTokenAt),
      total_ms: since(job.createdAt, job.finishedAt),
    },
    conversation_id: job.conversationId ?? null,
    batch_id: job.batchId ?? null,
    template: job.template ?? null,
    retry_of: job.retryOf ?? null,
    cached: job.status === 'completed' && job.cachedFrom !== null,
    cached_from: job.cachedFrom ?? null,
    metadata: job.metadata,
    created_at: job.createdAt.toISOString(),
    started_at: job.startedAt?.toISOString() ?? null,
    finished_at: job.finishedAt?.toISOString() ?? null,
    content_deleted_at: job.deletedAt?.toISOString() ?? null,
  };
}

export function tokensOf(job: JobView): TokenCounts {
  return {
    input_tokens: job.inputTokens,
    cached_input_tokens: job.cachedInputTokens,
    output_tokens: job.outputTokens,
    reasoning_tokens: job.reasoningTokens,
  };
}

export function errorOf({ errorCode, errorMessage }: JobView): { code: ErrorCode; message: string } | null {
  return errorCode ? { code: errorCode as ErrorCode, message: errorMessage ?? '' } : null;
}

/** Clocks of two machines may differ by a little; a time is never shown below 0. */
function since(from: Date, to: Date | null | undefined): number | null {
  return to ? Math.max(0, to.getTime() - from.getTime()) : null;
}
