import { presentUsage, type FinishReason } from '@sluice/contract';
import { callIdOf, completionIdOf, endError, presentChatUsage, presentOpenAiError, tokensOf, type JobView } from '@sluice/core';
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
  const head = { id: completionIdOf(job.id), object: 'chat.completion.chunk', created: Math.floor(job.createdAt.getTime() / 1000), model: job.model };
  const once = createTellOnce();
  const begun = new Set<number>();
  let isStarted = false;
  let isOver = false;

  const chunk = (content: object, finishReason: FinishReason | null = null) =>
    JSON.stringify({
      ...head,
      choices: [{ index: 0, delta: content, finish_reason: finishReason, logprobs: null }],
      ...(includesUsage && { usage: null }),
    });

  function start(): string[] {
    if (isStarted) return [];
    isStarted = true;
    return [chunk({ role: 'assistant', content: '', refusal: null })];
  }

  function say(told: Told): string[] {
    if (isOver) return [];
    if (told.type === 'anew') return fail(new AppError('internal', 'The answer was started over; read it from the job.'));
    if (told.type === 'text') return [chunk({ content: told.delta })];
    if (told.type === 'reasoning') return [chunk({ reasoning_content: told.delta })];
    return [chunk({ tool_calls: [callDelta(told)] })];
  }

  /** Only the first delta of a call names it. */
  function callDelta({ rank, id, name, delta }: Extract<Told, { type: 'tool' }>): object {
    if (begun.has(rank)) return { index: rank, function: { arguments: delta } };
    begun.add(rank);
    return { index: rank, id: callIdOf(job.id, { id }, rank), type: 'function', function: { name, arguments: delta } };
  }

  function fail(error: AppError): string[] {
    isOver = true;
    return [JSON.stringify(presentOpenAiError(error).body)];
  }

  function finish(ended: JobView): string[] {
    const usage = presentChatUsage(presentUsage(tokensOf(ended), ended.usageSource));
    return [
      chunk({}, ended.finishReason ?? null),
      ...(includesUsage ? [JSON.stringify({ ...head, choices: [], usage })] : []),
      '[DONE]',
    ];
  }

  return {
    isOver: () => isOver,
    begin: () => [],
    next: (event) => [...(event.type === 'attempt-start' ? start() : []), ...once.tell(event).flatMap(say)],
    end(ended) {
      if (isOver) return [];
      const error = endError(ended);
      if (error) return fail(error);
      const lines = [...start(), ...once.end(ended.output ?? null).flatMap(say)];
      return isOver ? lines : [...lines, ...finish(ended)];
    },
  };
}
