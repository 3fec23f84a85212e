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

/** Ends a call whose answer is not let through. */
class Blocked extends Error {}

/** Makes one provider call and answers how it ended; a fault of the provider is an answer, not an exception. */
export async function callProvider({ chatClient, call, attempt, signal, onEvent, isBlocked }: ProviderCall): Promise<AttemptResult> {
  let tokens: TokenCounts | null = null;
  const take = (event: ProviderEvent): void => {
    if (event.type === 'usage') tokens = event.tokens;
    else onEvent(toJobEvent(event, attempt));
    if (isBlocked()) throw new Blocked();
  };
  try {
    const { reason, requestId } = await chatClient.chat(call, { signal, onEvent: take });
    return { type: 'finished', reason, tokens, requestId };
  } catch (error) {
    if (error instanceof Blocked) return { type: 'finished', reason: 'content_filter', tokens, requestId: null };
    if (!(error instanceof ProviderFailure)) throw error;
    return { type: 'failed', kind: error.kind, message: error.message, retryAfterMs: error.retryAfterMs ?? null, tokens };
  }
}

function toJobEvent(event: Exclude<ProviderEvent, { type: 'usage' }>, attempt: number): JobEvent {
  return event.type === 'tool-delta' ? { ...event, attempt } : { type: event.type, attempt, delta: event.delta };
}
