import { toStorable, type FinishReason, type TokenCounts } from '@sluice/contract';
import type { ProviderEvent } from './chat-call.ts';
import type { ChunkEvents } from './chunk-events.ts';
import { createStorableText } from './storable-text.ts';
import { createToolDeltas } from './tool-deltas.ts';

export interface AnswerEvents {
  /** The deltas of one chunk. */
  take(chunk: ChunkEvents): ProviderEvent[];
  /** True once the vendor gave a finish reason: the answer is whole, whatever happens to the connection afterwards. */
  isFinished(): boolean;
  /** What follows the last chunk: kept-back halves, the usage, the finish. Empty of a finish unless there was one. */
  end(requestId: string | null): ProviderEvent[];
  /** The usage of an answer that breaks off here, where the vendor sends it with every chunk. */
  breakOff(): ProviderEvent[];
}

/** Follows one answer over its chunks: joins what deltas cut apart, and keeps the last usage and finish reason for the end. */
export function createAnswerEvents(): AnswerEvents {
  const text = createStorableText();
  const reasoning = createStorableText();
  const tools = createToolDeltas();
  let finish: FinishReason | null = null;
  let tokens: TokenCounts | null = null;
  let isUsageCurrent = false;
  let hasContent = false;
  let chunkId: string | null = null;

  const textDeltas = (type: 'text-delta' | 'reasoning-delta', delta: string): ProviderEvent[] => (delta ? [{ type, delta }] : []);
  const usage = (): ProviderEvent[] => (tokens && !(hasContent && tokens.output_tokens === 0) ? [{ type: 'usage', tokens }] : []);

  return {
    take(chunk) {
      chunkId ??= chunk.id;
      finish = chunk.finish ?? finish;
      if (chunk.tokens !== undefined) tokens = chunk.tokens;
      const events = [
        ...textDeltas('reasoning-delta', reasoning.push(chunk.reasoning)),
        ...textDeltas('text-delta', text.push(chunk.text)),
        ...chunk.tools.flatMap((delta) => tools.take(delta)),
      ];
      hasContent ||= events.length > 0;
      isUsageCurrent = chunk.tokens !== undefined || (isUsageCurrent && events.length === 0);
      return events;
    },
    isFinished: () => finish !== null,
    end(requestId) {
      const kept = [...textDeltas('reasoning-delta', reasoning.end()), ...textDeltas('text-delta', text.end()), ...tools.end()];
      const id = requestId ?? chunkId;
      return finish ? [...kept, ...usage(), { type: 'finish', reason: finish, requestId: id && toStorable(id.slice(0, 200)) }] : kept;
    },
    breakOff: () => (isUsageCurrent ? usage() : []),
  };
}
