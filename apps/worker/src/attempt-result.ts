import type { FailureKind, FinishReason, TokenCounts } from '@sluice/contract';

/** How a provider call ended: the facts, before anything is decided about the job. */
export type AttemptResult =
  | { type: 'finished'; reason: FinishReason; tokens: TokenCounts | null; requestId: string | null }
  | { type: 'failed'; kind: FailureKind; message: string; retryAfterMs: number | null; tokens: TokenCounts | null };
