import type { FailureKind } from '@sluice/contract';
import type { Dispatcher } from 'undici';
import { createAnswerEvents } from './answer-events.ts';
import { startCallTimers } from './call-timers.ts';
import type { ChatCall, ChatFinish, ProviderEvent } from './chat-call.ts';
import { ProviderFailure } from './provider-failure.ts';
import { receiveAnswer } from './receive-answer.ts';
import { safeMessage } from './safe-message.ts';

interface StreamAnswerParts {
  dispatcher: Dispatcher;
  signal: AbortSignal;
  onEvent: (event: ProviderEvent) => void;
  nowMs: () => number;
}

/** Faults that no longer matter once the vendor gave its finish reason: the answer is whole, and asking again would cost it twice. */
const harmlessAfterFinish = new Set<FailureKind>(['truncated', 'malformed', 'timeout_idle', 'timeout_total']);

/** One call from its request to its finish. A fault of our own code, or of `onEvent`, stays what it is. */
export async function streamAnswer(call: ChatCall, { dispatcher, signal, onEvent, nowMs }: StreamAnswerParts): Promise<ChatFinish> {
  const events = createAnswerEvents(onEvent);
  const timers = startCallTimers({ timeouts: call.timeouts, signal });
  try {
    await receiveAnswer(call, { dispatcher, timers, events, nowMs });
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error;
    if (!events.isFinished() || !harmlessAfterFinish.has(error.kind)) {
      events.breakOff();
      throw withoutSecrets(error, call.apiKey);
    }
  } finally {
    timers.close();
  }
  return events.end();
}

function withoutSecrets({ kind, message, status, retryAfterMs }: ProviderFailure, apiKey: string): ProviderFailure {
  return new ProviderFailure(kind, safeMessage(message, apiKey), { status, retryAfterMs });
}
