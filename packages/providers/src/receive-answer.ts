import type { Dispatcher } from 'undici';
import { openAnswerBody, type AnswerBody } from './answer-body.ts';
import type { AnswerEvents } from './answer-events.ts';
import type { CallTimers } from './call-timers.ts';
import type { ChatCall } from './chat-call.ts';
import { classifyTransport } from './classify-failure.ts';
import { httpRequest } from './http-request.ts';
import { startSurplus, type Surplus } from './surplus.ts';

interface ReceiveParts {
  dispatcher: Dispatcher;
  timers: CallTimers;
  events: AnswerEvents;
  nowMs: () => number;
}

/** What a connection is closed with. Nobody sees it: why the call ended was told before. */
const unwanted = new Error('the call is over');

/**
 * Sends a call and gives `events` its answer, all in the callbacks in which undici has the bytes: a token costs no stream, no promise
 * and no timer. Resolves when the answer is whole and leaves the connection to the next call; a failure closes it.
 * @throws ProviderFailure, or what `events` threw
 */
export async function receiveAnswer(call: ChatCall, parts: ReceiveParts): Promise<void> {
  const { signal } = parts.timers;
  const request = await httpRequest(call);
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const receiver = createReceiver(call, parts, { resolve, reject });
    signal.addEventListener('abort', () => receiver.fail(signal.reason));
    parts.dispatcher.dispatch(request, receiver.handler);
  });
}

interface Receiver {
  handler: Dispatcher.DispatchHandler;
  fail(error: unknown): void;
}

interface Outcome {
  resolve(): void;
  reject(error: unknown): void;
}

function createReceiver({ quirks }: ChatCall, { timers, events, nowMs }: ReceiveParts, outcome: Outcome): Receiver {
  let connection: Dispatcher.DispatchController | null = null;
  let body: AnswerBody | null = null;
  let surplus: Surplus | null = null;
  let isOver = false;

  function succeed(): void {
    isOver = true;
    outcome.resolve();
  }

  function fail(error: unknown): void {
    if (isOver) return;
    isOver = true;
    outcome.reject(error);
    connection?.abort(unwanted);
  }

  /** Whatever is wrong with an answer ends its call here, not in undici. */
  function unlessOver(step: () => void): void {
    if (isOver) return;
    try {
      step();
    } catch (error) {
      fail(error);
    }
  }

  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(started) {
      connection = started;
      // Given up while it waited for a connection.
      if (isOver) started.abort(unwanted);
    },
    onResponseStart(_controller, status, headers) {
      if (status >= 200) unlessOver(() => (body = openAnswerBody({ status, headers, nowMs: nowMs(), quirks }, { events, timers })));
    },
    onResponseData(controller, bytes) {
      surplus?.take(bytes);
      unlessOver(() => {
        if (!body?.take(bytes) || isOver) return;
        succeed();
        surplus = startSurplus(controller);
      });
    },
    onResponseEnd() {
      surplus?.end();
      unlessOver(() => {
        body?.end();
        if (!isOver) succeed();
      });
    },
    onResponseError(_controller, error) {
      surplus?.end();
      fail(body ? body.brokenFailure(error) : classifyTransport(error, { hasAnswer: false }));
    },
  };
  return { handler, fail };
}
