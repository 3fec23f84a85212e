import {
  isEnd,
  type OutputItem,
  type ResponseEcho,
  type ResponseError,
  type ResponseObject,
  type ResponseStatus,
  type ResponseUsage,
} from '@sluice/contract';
import { failedJobError, presentOpenAiError } from './openai-error.ts';
import { textOutputOf, tokensOf, type JobView } from '../jobs/index.ts';
import { outputText } from './output-text.ts';
import { callIdOf, itemIds, responseIdOf } from './response-ids.ts';

/** A job as a response, as its row is now. The output is shown when the job has ended. */
export function presentResponse(job: JobView, echo: ResponseEcho): ResponseObject {
  const status = statusOf(job);
  return {
    id: responseIdOf(job.id),
    object: 'response',
    created_at: seconds(job.createdAt),
    status,
    background: job.isBackground,
    completed_at: status === 'completed' && job.finishedAt ? seconds(job.finishedAt) : null,
    error: status === 'failed' ? presentFailure(job) : null,
    incomplete_details:
      status === 'incomplete' ? { reason: job.finishReason === 'content_filter' ? 'content_filter' : 'max_output_tokens' } : null,
    model: job.model,
    output: isEnd(job.status) ? presentOutput(job) : [],
    usage: status === 'cancelled' || job.usageSource === 'none' ? null : presentResponseUsage(job),
    metadata: job.metadata,
    ...echo,
  };
}

/** A response as it was when it was accepted, or taken by a worker: what the first events of its stream show, whenever they are read. */
export function presentOpenResponse(job: JobView, echo: ResponseEcho, status: 'queued' | 'in_progress'): ResponseObject {
  return presentResponse(
    { ...job, status: status === 'queued' ? 'queued' : 'running', startedAt: null, output: null, usageSource: 'none' },
    echo,
  );
}

/** A job that goes back to its queue is still in progress for whoever has seen it there. */
function statusOf({ status, startedAt }: JobView): ResponseStatus {
  if (status === 'running') return 'in_progress';
  return status === 'queued' && startedAt ? 'in_progress' : status;
}

/** The items of an answer: reasoning, message, function calls. What broke off did so in the last of them. */
export function presentOutput(job: JobView): OutputItem[] {
  const { id, status } = job;
  const { text = '', reasoning = null, tool_calls: calls = [] } = textOutputOf(job.output) ?? {};
  const items: OutputItem[] = [];
  const done = 'completed' as const;
  if (reasoning)
    items.push({ id: itemIds.reasoning(id), type: 'reasoning', status: done, summary: [{ type: 'summary_text', text: reasoning }] });
  if (text) items.push({ id: itemIds.message(id), type: 'message', role: 'assistant', status: done, content: [outputText(text)] });
  calls.forEach((call, rank) => {
    const { name, arguments: args } = call;
    items.push({
      id: itemIds.functionCall(id, rank),
      type: 'function_call',
      call_id: callIdOf(id, call, rank),
      name,
      arguments: args,
      status: done,
    });
  });
  const last = items.at(-1);
  if (last && status !== 'completed') last.status = 'incomplete';
  return items;
}

function presentResponseUsage(job: JobView): ResponseUsage {
  const { input_tokens: input, cached_input_tokens: cached, output_tokens: output, reasoning_tokens: reasoning } = tokensOf(job);
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cached, cache_write_tokens: 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: input + output,
  };
}

/** Type and code are always there: the AI SDK takes a failed response without them for a broken one. */
function presentFailure(job: JobView): ResponseError {
  const { type, code, message } = presentOpenAiError(failedJobError(job)).body.error;
  return { type, code: code ?? type, message, param: null };
}

const seconds = (time: Date): number => Math.floor(time.getTime() / 1000);
