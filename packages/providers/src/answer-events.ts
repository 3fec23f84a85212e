import { toStorable, type FinishReason, type TokenCounts } from '@sluice/contract';
import type { ChatFinish, ProviderEvent } from './chat-call.ts';
import type { ChunkEvents } from './chunk-events.ts';
import { createStorableText } from './storable-text.ts';
import { createToolDeltas } from './tool-deltas.ts';

export interface AnswerEvents {
  /** What the answer's head says it is called; a chunk's own id only counts without one. */
  sawRequestId(requestId: string | null): void;
  /** Tells the deltas of one chunk; false when it has none. */
  take(chunk: ChunkEvents): boolean;
  /** True once the vendor gave a finish reason: the answer is whole, whatever happens to the connection afterwards. */
  isFinished(): boolean;
  /** Tells what follows the last chunk of a whole answer: kept-back halves, the usage. */
  end(): ChatFinish;
  /** Tells the usage of an answer that breaks off here, where the vendor sends it with every chunk. */
  breakOff(): void;
}

/** Follows one answer over its chunks: joins what deltas cut apart, and keeps the last usage and finish reason for the end. */
export function createAnswerEvents(onEvent: (event: ProviderEvent) => void): AnswerEvents {
  const text = createStorableText();
  const reasoning = createStorableText();
  const tools = createToolDeltas();
  let finish: FinishReason | null = null;
  let tokens: TokenCounts | null = null;
  let isUsageCurrent = false;
  let hasContent = false;
  let id: string | null = null;

  function tellText(type: 'text-delta' | 'reasoning-delta', delta: string): boolean {
    if (delta !== '') onEvent({ type, delta });
    return delta !== '';
  }

  function tellTools(deltas: ProviderEvent[]): boolean {
    for (const delta of deltas) onEvent(delta);
    return deltas.length > 0;
  }

  function tellUsage(): void {
    if (tokens && !(hasContent && tokens.output_tokens === 0)) onEvent({ type: 'usage', tokens });
  }

  return {
    sawRequestId: (requestId) => (id = requestId),
    take(chunk) {
      id ??= chunk.id;
      finish = chunk.finish ?? finish;
      if (chunk.tokens !== undefined) tokens = chunk.tokens;
      const hasReasoning = tellText('reasoning-delta', reasoning.push(chunk.reasoning));
      const hasText = tellText('text-delta', text.push(chunk.text));
      const hasTools = chunk.tools.length > 0 && tellTools(chunk.tools.flatMap((delta) => tools.take(delta)));
      const isContent = hasReasoning || hasText || hasTools;
      hasContent ||= isContent;
      isUsageCurrent = chunk.tokens !== undefined || (isUsageCurrent && !isContent);
      return isContent;
    },
    isFinished: () => finish !== null,
    end() {
      if (!finish) throw new Error('an answer without a finish reason has no end');
      tellText('reasoning-delta', reasoning.end());
      tellText('text-delta', text.end());
      tellTools(tools.end());
      tellUsage();
      return { reason: finish, requestId: id && toStorable(id.slice(0, 200)) };
    },
    breakOff() {
      if (isUsageCurrent) tellUsage();
    },
  };
}
