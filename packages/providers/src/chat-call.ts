import type { FinishReason, JobParams, ProviderQuirks, TokenCounts } from '@sluice/contract';

export interface ChatTimeouts {
  /** For the connection alone: DNS, TCP and TLS. Kept in steps of half a second. */
  connectMs: number;
  /** From the start to the first delta, whatever else the provider sends meanwhile. */
  firstTokenMs: number;
  /** Between two deltas; keep-alive comments do not count. */
  idleMs: number;
  totalMs: number;
}

/** One call to an OpenAI-compatible provider. */
export interface ChatCall {
  baseUrl: string;
  apiKey: string;
  /** The provider's own name of the model. */
  model: string;
  messages: unknown[];
  params: JobParams;
  maxTokens: number;
  timeouts: ChatTimeouts;
  quirks: ProviderQuirks;
}

/**
 * What a call tells while it runs. Every text in it is storable. A tool's `id` and `name` come once each; its `arguments` are to be
 * joined. `usage` comes at most once, after all deltas, and only where the provider's counts make sense: without it they are missing.
 */
export type ProviderEvent =
  | { type: 'text-delta'; delta: string }
  | { type: 'reasoning-delta'; delta: string }
  | { type: 'tool-delta'; index: number; id?: string; name?: string; arguments: string }
  | { type: 'usage'; tokens: TokenCounts };

/** How a whole answer ended. */
export interface ChatFinish {
  reason: FinishReason;
  requestId: string | null;
}
