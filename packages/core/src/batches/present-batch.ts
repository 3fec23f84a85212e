import type { BatchObject } from '@sluice/contract';
import type { Batch } from './batch.ts';

/** A batch as callers see it: OpenAI's object, and what Sluice adds. Every key is always there. */
export function presentBatch(batch: Batch): BatchObject {
  return {
    id: batch.id,
    object: 'batch',
    endpoint: batch.endpoint,
    model: batch.model,
    errors: batch.errors && { object: 'list', data: batch.errors },
    input_file_id: batch.inputFileId,
    completion_window: `${batch.windowS / 3600}h`,
    status: batch.status,
    output_file_id: batch.outputFileId,
    error_file_id: batch.errorFileId,
    created_at: batch.createdAt,
    in_progress_at: batch.inProgressAt,
    expires_at: batch.expiresAt,
    finalizing_at: batch.finalizingAt,
    completed_at: batch.completedAt,
    failed_at: batch.failedAt,
    expired_at: batch.expiredAt,
    cancelling_at: batch.cancellingAt,
    cancelled_at: batch.cancelledAt,
    request_counts: { total: batch.total, completed: batch.completed, failed: batch.failed },
    usage: usageOf(batch),
    metadata: batch.metadata,
    paused_at: batch.pausedAt,
    waiting: waitingOf(batch),
    budget_credits: batch.budget,
    estimate: estimateOf(batch),
    cost: batch.cost,
    failures: batch.failures,
  };
}

function usageOf({ inputTokens, cachedInputTokens, outputTokens, reasoningTokens }: Batch): BatchObject['usage'] {
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: cachedInputTokens },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: inputTokens + outputTokens,
  };
}

function waitingOf({ waitingCode, waitingMessage }: Batch): BatchObject['waiting'] {
  return waitingCode === null ? null : { code: waitingCode as NonNullable<BatchObject['waiting']>['code'], message: waitingMessage ?? '' };
}

function estimateOf({ estimatedInputTokens, estimatedOutputTokens, estimatedCost }: Batch): BatchObject['estimate'] {
  if (estimatedInputTokens === null || estimatedOutputTokens === null || estimatedCost === null) return null;
  return { input_tokens: estimatedInputTokens, max_output_tokens: estimatedOutputTokens, max_cost: estimatedCost };
}
