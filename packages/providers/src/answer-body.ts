import { classifyEmptyAnswer, classifyTransport } from './classify-failure.ts';
import type { Answer } from './open-answer.ts';
import { ProviderFailure } from './provider-failure.ts';
import type { Reading } from './reading.ts';
import { createSseReader, type SseEvent } from './sse-reader.ts';

export interface AnswerBody {
  /**
   * Waits for the next events, perhaps none; null when the provider said `[DONE]` or ended the body.
   * @throws ProviderFailure when the connection breaks, or the body is no stream of events
   */
  read(): Promise<SseEvent[] | null>;
  /** What it means that the body ended without a finish reason. */
  cutFailure(reading: Reading): ProviderFailure;
  /** Frees the connection for the next call when the provider said `[DONE]` or ended the body; else closes it. */
  release(): Promise<void>;
}

/** After `[DONE]` nothing but the end of the body should come; more than this costs the connection. */
const drainMs = 1000;
const drainMaxBytes = 65_536;

export function openAnswerBody({ body }: Answer): AnswerBody {
  const pieces = body.iterator({ destroyOnReturn: false });
  const reader = createSseReader();
  let isOver = false;
  return {
    async read() {
      if (isOver || reader.isDone()) return null;
      const { value, done } = await pieces.next().catch(throwTransport);
      isOver = done === true;
      return isOver ? reader.end() : reader.feed(value as Uint8Array);
    },
    cutFailure(reading) {
      const head = reader.head();
      if (head !== null) return classifyEmptyAnswer(head, reading);
      return new ProviderFailure('truncated', 'The provider ended the answer without a finish reason.');
    },
    async release() {
      await pieces.return?.();
      if (isOver || !reader.isDone()) return void body.destroy();
      const timer = setTimeout(() => body.destroy(), drainMs);
      // Nobody waits for this: the answer is whole.
      void body.on('close', () => clearTimeout(timer)).dump({ limit: drainMaxBytes });
    },
  };
}

function throwTransport(error: unknown): never {
  throw classifyTransport(error, { hasAnswer: true });
}
