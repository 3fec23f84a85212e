import type { ModerationResult, ProviderQuirks, SubmitModerationRequest, TokenCounts } from '@sluice/contract';
import type { ChatTimeouts } from './chat-call.ts';

/** What is asked in one piece and answered in one piece. */
export type WholeTask =
  | { kind: 'embedding'; inputs: string[] | number[][]; dimensions?: number | undefined; inputType?: string | undefined }
  | { kind: 'rerank'; query: string; documents: string[]; topN?: number | undefined; maxChunksPerDoc?: number | undefined }
  | { kind: 'moderation'; input: SubmitModerationRequest['input'] };

/** One call that is no chat. */
export interface WholeCall {
  baseUrl: string;
  apiKey: string;
  /** The provider's own name of the model. */
  model: string;
  task: WholeTask;
  /** `firstTokenMs` runs until the first byte of the body, `idleMs` between two pieces of it. */
  timeouts: ChatTimeouts;
  quirks: ProviderQuirks;
}

/** What was found, checked against what was asked: as many as there were inputs, in their order. */
export type WholeResult =
  /** Base64 of little-endian 32-bit floats. */
  | { kind: 'embedding'; vectors: string[]; dimensions: number }
  /** The most relevant first. */
  | { kind: 'rerank'; results: { index: number; relevance_score: number }[] }
  | { kind: 'moderation'; results: ModerationResult[] };

export interface WholeAnswer {
  result: WholeResult;
  /** Null where the provider sent no counts that can be true. */
  tokens: TokenCounts | null;
  requestId: string | null;
}
