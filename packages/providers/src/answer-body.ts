import type { IncomingHttpHeaders } from 'node:http';
import type { AnswerEvents } from './answer-events.ts';
import type { CallTimers } from './call-timers.ts';
import { readEvent } from './chunk-events.ts';
import { classifyEmptyAnswer, classifyRefusal, classifyTransport } from './classify-failure.ts';
import { ProviderFailure } from './provider-failure.ts';
import type { Reading } from './reading.ts';
import { createSseReader, type SseEvent } from './sse-reader.ts';

/** Takes the body of an answer as it comes. */
export interface AnswerBody {
  /** True when the answer is whole. @throws ProviderFailure */
  take(bytes: Uint8Array): boolean;
  /** The provider ended the body. @throws ProviderFailure unless the answer is whole */
  end(): void;
  /** What it means that the connection broke. */
  brokenFailure(error: unknown): ProviderFailure;
}

interface AnswerHead extends Reading {
  status: number;
  headers: IncomingHttpHeaders;
}

interface AnswerBodyParts {
  /** Gets what a 2xx says, until the call is aborted. */
  events: AnswerEvents;
  timers: CallTimers;
}

/** The rest of an error page is of no use. */
const refusalMaxLength = 65_536;

/** @throws ProviderFailure when the body cannot be read */
export function openAnswerBody(head: AnswerHead, parts: AnswerBodyParts): AnswerBody {
  if (head.status < 200 || head.status > 299) return openRefusal(head);
  const encoding = head.headers['content-encoding'];
  if (encoding === undefined || encoding === 'identity') return openStream(head, parts);
  throw new ProviderFailure('malformed', 'The provider compressed an answer that was asked for as it is.');
}

function openStream(head: AnswerHead, { events, timers }: AnswerBodyParts): AnswerBody {
  const reader = createSseReader();
  events.sawRequestId(firstOf(head.headers['x-request-id']));

  function read(batch: SseEvent[]): void {
    for (const event of batch) {
      if (timers.signal.aborted) return;
      if (events.take(readEvent(event, head))) timers.sawContent();
    }
  }

  function checkWhole(): void {
    if (events.isFinished()) return;
    const beginning = reader.head();
    if (beginning !== null) throw classifyEmptyAnswer(beginning, head);
    throw new ProviderFailure('truncated', 'The provider ended the answer without a finish reason.');
  }

  return {
    take(bytes) {
      read(reader.feed(bytes));
      if (reader.isDone()) checkWhole();
      return reader.isDone();
    },
    end() {
      read(reader.end());
      checkWhole();
    },
    brokenFailure: (error) => classifyTransport(error, { hasAnswer: true }),
  };
}

/** Its status says enough when the connection breaks. */
function openRefusal(head: AnswerHead): AnswerBody {
  const decoder = new TextDecoder();
  let body = '';
  const failure = (): ProviderFailure => classifyRefusal({ ...head, body });
  return {
    take(bytes) {
      body += decoder.decode(bytes, { stream: true });
      if (body.length > refusalMaxLength) throw failure();
      return false;
    },
    end() {
      throw failure();
    },
    brokenFailure: failure,
  };
}

function firstOf(header: string | string[] | undefined): string | null {
  return (Array.isArray(header) ? header[0] : header) || null;
}
