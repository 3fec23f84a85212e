import { presentUsage, type FinishReason } from '@sluice/contract';
import {
  callIdOf,
  completionIdOf,
  endError,
  presentChatUsage,
  presentOpenAiError,
  textOutputOf,
  tokensOf,
  type JobView,
} from '@sluice/core';
import { AppError } from '@sluice/platform';
import type { StreamTranslator } from './stream-translator.ts';
import { createTellOnce, type Told } from './tell-once.ts';

export interface ChunkOptions {
  job: Pick<JobView, 'id' | 'model' | 'createdAt'>;
  /** The last chunk tells the usage, and all before it say that it is not known yet. */
  includesUsage: boolean;
}

/**
 * Translates a job's events to `chat.completion.chunk` lines that end in `[DONE]`, as OpenAI streams them. The format cannot take
 * text back: when a job says something else after some was shown, the reader gets an error, and finds the answer in the job.
 */
export function createChunkTranslator({ job, includesUsage }: ChunkOptions): StreamTranslator<string> {
  const { chunk, usageChunk } = createChunkWriter({ job, includesUsage });
  const once = createTellOnce();
  const deltaOf = createDeltaWriter(job.id);
  let isStarted = false;
  let isOver = false;

  function start(): string[] {
    if (isStarted) return [];
    isStarted = true;
    return [chunk({ role: 'assistant', content: '', refusal: null })];
  }

  function say(told: Told): string[] {
    if (isOver) return [];
    return told.type === 'anew'
      ? fail(new AppError('internal', 'The answer was started over; read it from the job.'))
      : [chunk(deltaOf(told))];
  }

  function fail(error: AppError): string[] {
    isOver = true;
    return [JSON.stringify(presentOpenAiError(error).body)];
  }

  return {
    isOver: () => isOver,
    begin: () => [],
    next: (event) => [...(event.type === 'attempt-start' ? start() : []), ...once.tell(event).flatMap(say)],
    end(ended) {
      if (isOver) return [];
      const error = endError(ended);
      if (error) return fail(error);
      const lines = [...start(), ...once.end(textOutputOf(ended.output)).flatMap(say)];
      return isOver ? lines : [...lines, chunk({}, ended.finishReason ?? null), ...(includesUsage ? [usageChunk(ended)] : []), '[DONE]'];
    },
  };
}

/** Writes chunks that differ in what they add only. */
function createChunkWriter({ job, includesUsage }: ChunkOptions) {
  const created = Math.floor(job.createdAt.getTime() / 1000);
  const head = { id: completionIdOf(job.id), object: 'chat.completion.chunk', created, model: job.model };
  return {
    chunk: (delta: object, finishReason: FinishReason | null = null) =>
      JSON.stringify({
        ...head,
        choices: [{ index: 0, delta, finish_reason: finishReason, logprobs: null }],
        ...(includesUsage && { usage: null }),
      }),
    usageChunk: (ended: JobView) =>
      JSON.stringify({ ...head, choices: [], usage: presentChatUsage(presentUsage(tokensOf(ended), ended.usageSource)) }),
  };
}

/** What a chunk adds. Only the first delta of a call names it. */
function createDeltaWriter(jobId: string): (told: Exclude<Told, { type: 'anew' }>) => object {
  const begun = new Set<number>();
  return (told) => {
    if (told.type === 'text') return { content: told.delta };
    if (told.type === 'reasoning') return { reasoning_content: told.delta };
    const { rank, id, name, delta } = told;
    if (begun.has(rank)) return { tool_calls: [{ index: rank, function: { arguments: delta } }] };
    begun.add(rank);
    return { tool_calls: [{ index: rank, id: callIdOf(jobId, { id }, rank), type: 'function', function: { name, arguments: delta } }] };
  };
}
