import type { FailureKind } from '@sluice/contract';
import type { Dispatcher } from 'undici';
import { openAnswerBody, type AnswerBody } from './answer-body.ts';
import { createAnswerEvents } from './answer-events.ts';
import { startCallTimers, type CallTimers } from './call-timers.ts';
import type { ChatCall, ProviderEvent } from './chat-call.ts';
import { readEvent } from './chunk-events.ts';
import { openAnswer } from './open-answer.ts';
import { ProviderFailure } from './provider-failure.ts';
import { safeMessage } from './safe-message.ts';

interface StreamAnswerParts {
  dispatcher: Dispatcher;
  signal: AbortSignal;
  nowMs: () => number;
}

/** Faults that no longer matter once the vendor gave its finish reason: the answer is whole, and asking again would cost it twice. */
const harmlessAfterFinish = new Set<FailureKind>(['truncated', 'malformed', 'timeout_idle', 'timeout_total']);

/** One call from its request to its `finish`. The socket is closed, or free for the next call, when the generator is left. */
export async function* streamAnswer(call: ChatCall, { dispatcher, signal, nowMs }: StreamAnswerParts): AsyncGenerator<ProviderEvent, void> {
  const reading = () => ({ nowMs: nowMs(), quirks: call.quirks });
  const events = createAnswerEvents();
  let body: AnswerBody | null = null;
  let requestId: string | null = null;
  let isReading = true;
  const timers = startCallTimers({ timeouts: call.timeouts, signal, isReading: () => isReading });
  try {
    timers.signal.throwIfAborted();
    const answer = await openAnswer(call, { dispatcher, signal: timers.signal, nowMs });
    requestId = firstOf(answer.headers['x-request-id']);
    body = openAnswerBody(answer);
    for (let batch = await body.read(); batch; batch = await body.read()) {
      isReading = false;
      for (const event of batch) {
        const deltas = events.take(readEvent(event, reading()));
        if (deltas.length > 0) timers.sawContent();
        for (const delta of deltas) yield delta;
        timers.signal.throwIfAborted();
      }
      isReading = true;
    }
    if (!events.isFinished()) throw body.cutFailure(reading());
  } catch (error) {
    const failure = failureOf(error, timers);
    if (!events.isFinished() || !harmlessAfterFinish.has(failure.kind)) {
      yield* events.breakOff();
      throw withoutSecrets(failure, call.apiKey);
    }
  } finally {
    timers.close();
    await body?.release();
  }
  yield* events.end(requestId);
}

/** When the call was aborted, the reason tells more than what broke thereby. A fault of our own code stays what it is. */
function failureOf(error: unknown, { signal }: CallTimers): ProviderFailure {
  if (signal.reason instanceof ProviderFailure) return signal.reason;
  if (error instanceof ProviderFailure) return error;
  throw error;
}

function withoutSecrets({ kind, message, status, retryAfterMs }: ProviderFailure, apiKey: string): ProviderFailure {
  return new ProviderFailure(kind, safeMessage(message, apiKey), { status, retryAfterMs });
}

function firstOf(header: string | string[] | undefined): string | null {
  return (Array.isArray(header) ? header[0] : header) || null;
}
