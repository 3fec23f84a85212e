import { noTokens, type EndStatus, type JobOutput, type TokenCounts } from '@sluice/contract';
import type { JobView } from '@sluice/core';

export interface Ending {
  status: EndStatus;
  output?: JobOutput | null;
  finishReason?: JobOutput['finish_reason'];
  errorCode?: string;
  errorMessage?: string;
  tokens?: TokenCounts;
  isBackground?: boolean;
}

const at = new Date('2026-11-20T12:00:00Z');

/** The row of a job that ended like this, as far as presenting it needs. */
export function endedJob({
  status,
  output = null,
  finishReason = null,
  errorCode,
  errorMessage,
  tokens = noTokens,
  isBackground = true,
}: Ending): JobView {
  const row: Partial<JobView> = {
    id: 'job_01m7wkt55y2s9cqxsvjw1demts',
    userId: 'usr_a',
    apiKeyId: null,
    status,
    attempt: 1,
    failures: 0,
    maxAttempts: 3,
    model: 'mock',
    routes: [],
    route: 0,
    providerId: 'prv_a',
    inputEstimate: 1,
    maxTokens: 1,
    priority: 'interactive',
    onStreamFailure: 'fail',
    metadata: {},
    batchId: null,
    conversationId: null,
    deadlineAt: at,
    cancelRequestedAt: null,
    output,
    finishReason,
    errorCode: errorCode ?? null,
    errorMessage: errorMessage ?? null,
    inputTokens: tokens.input_tokens,
    cachedInputTokens: tokens.cached_input_tokens,
    outputTokens: tokens.output_tokens,
    reasoningTokens: tokens.reasoning_tokens,
    usageSource: 'provider',
    createdAt: at,
    startedAt: at,
    firstTokenAt: at,
    finishedAt: at,
    hold: '1.0000',
    billingState: 'settled',
    cost: '1.0000',
    surface: 'responses',
    isBackground,
    isStored: true,
    deletedAt: null,
    failure: null,
  };
  return row as JobView;
}
