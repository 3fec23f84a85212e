import type { JobEvent, TokenCounts } from '@sluice/contract';
import { ProviderFailure, type ChatCall, type ChatClient, type ProviderEvent } from '@sluice/providers';
import type { AttemptResult } from './attempt-result.ts';

interface ProviderCall {
  chatClient: ChatClient;
  call: ChatCall;
  attempt: number;
  signal: AbortSignal;
  /** Called with every piece of the answer as it comes. */
  onEvent: (event: JobEvent) => void;
  /** Asked after every piece: true ends the call, and closes its socket, as content that is not let through. */
  isBlocked: () => boolean;
}

/** Makes one provider call and answers how it ended; a fault of the provider is an answer, not an exception. */
export async function callProvider({ chatClient, call, attempt, signal, onEvent, isBlocked }: ProviderCall): Promise<AttemptResult> {
  let tokens: TokenCounts | null = null;
  let finish: Extract<ProviderEvent, { type: 'finish' }> | null = null;
  try {
    for await (const event of chatClient.stream(call, signal)) {
      if (event.type === 'usage') tokens = event.tokens;
      else if (event.type === 'finish') finish = event;
      else onEvent({ ...event, attempt });
      if (isBlocked()) return { type: 'finished', reason: 'content_filter', tokens, requestId: null };
    }
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error;
    return { type: 'failed', kind: error.kind, message: error.message, retryAfterMs: error.retryAfterMs ?? null, tokens };
  }
  if (!finish) throw new Error('a provider stream ended without a finish and without a failure');
  return { type: 'finished', reason: finish.reason, tokens, requestId: finish.requestId };
}
