import { timeOfId, type FinishReason, type JobEvent, type Usage } from '@sluice/contract';

type EndEvent = Extract<JobEvent, { type: 'job-end' }>;
type ToolDelta = Extract<JobEvent, { type: 'tool-delta' }>;

/**
 * Translates a job's events to `chat.completion.chunk` lines that end in `[DONE]`, as OpenAI streams them. The format cannot take
 * text back: when a job starts over after some was shown, the reader gets an error, and finds the answer in the job.
 */
export function createChunkTranslator(jobId: string): (event: JobEvent) => string[] {
  const head = { id: jobId.replace(/^job_/, 'chatcmpl-'), object: 'chat.completion.chunk', created: Math.floor(timeOfId(jobId) / 1000) };
  let model = '';
  let isStarted = false;
  let hasOutput = false;
  let isOver = false;

  const chunk = (choices: object[], rest: object = {}) => JSON.stringify({ ...head, model, choices, ...rest });
  const delta = (content: object, finishReason: FinishReason | null = null) => chunk([{ index: 0, delta: content, finish_reason: finishReason, logprobs: null }]);

  function start(event: Extract<JobEvent, { type: 'attempt-start' }>): string[] {
    if (hasOutput) return fail('restarted', 'The answer was started over; read it from the job.');
    model = event.model;
    if (isStarted) return [];
    isStarted = true;
    return [delta({ role: 'assistant', content: '', refusal: null })];
  }

  function say(content: object): string[] {
    hasOutput = true;
    return [delta(content)];
  }

  function end({ status, finish_reason: finishReason, usage, error }: EndEvent): string[] {
    if (status === 'failed' || status === 'cancelled') return fail(error?.code ?? status, error?.message ?? 'The job was cancelled.');
    isOver = true;
    return [delta({}, finishReason), chunk([], { usage: presentChatUsage(usage) }), '[DONE]'];
  }

  function fail(code: string, message: string): string[] {
    isOver = true;
    return [JSON.stringify({ error: { message, type: 'server_error', param: null, code } })];
  }

  return (event) => {
    if (isOver) return [];
    if (event.type === 'attempt-start') return start(event);
    if (event.type === 'text-delta') return say({ content: event.delta });
    if (event.type === 'reasoning-delta') return say({ reasoning_content: event.delta });
    if (event.type === 'tool-delta') return say({ tool_calls: [presentToolDelta(event)] });
    return event.type === 'job-end' ? end(event) : [];
  };
}

function presentToolDelta({ index, id, name, arguments: args }: ToolDelta): object {
  const call = id === undefined ? {} : { id, type: 'function' };
  return { index, ...call, function: { ...(name !== undefined && { name }), arguments: args } };
}

/** Token counts under OpenAI's names for chat completions. */
export function presentChatUsage(usage: Usage): object {
  return {
    prompt_tokens: usage.input_tokens,
    completion_tokens: usage.output_tokens,
    total_tokens: usage.total_tokens,
    prompt_tokens_details: { cached_tokens: usage.cached_input_tokens },
    completion_tokens_details: { reasoning_tokens: usage.reasoning_tokens },
  };
}
