import { noTokens } from '@sluice/contract';
import type { JobView } from './job-view.ts';
import type { JobDraft } from './plan-job.ts';

/** The row that a draft has become, without reading it back. */
export function freshJob({ id, userId, apiKeyId, model, routes, providerId, ...draft }: JobDraft): JobView {
  return {
    id,
    userId,
    apiKeyId,
    status: 'queued',
    attempt: 1,
    failures: 0,
    maxAttempts: draft.maxAttempts,
    model,
    routes,
    route: 0,
    providerId,
    inputEstimate: draft.inputEstimate,
    maxTokens: draft.maxTokens,
    priority: draft.priority,
    onStreamFailure: draft.onStreamFailure,
    metadata: draft.metadata,
    batchId: null,
    conversationId: null,
    deadlineAt: draft.deadlineAt,
    cancelRequestedAt: null,
    output: null,
    finishReason: null,
    errorCode: null,
    errorMessage: null,
    inputTokens: noTokens.input_tokens,
    cachedInputTokens: noTokens.cached_input_tokens,
    outputTokens: noTokens.output_tokens,
    reasoningTokens: noTokens.reasoning_tokens,
    usageSource: 'none',
    createdAt: draft.createdAt,
    startedAt: null,
    firstTokenAt: null,
    finishedAt: null,
    hold: draft.hold,
    billingState: 'held',
    cost: null,
  };
}
