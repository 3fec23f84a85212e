import { presentUsage, type ChatCompletionObject, type ChatUsage, type ToolCall, type Usage } from '@sluice/contract';
import { textOutputOf, tokensOf, type JobView } from '../jobs/index.ts';
import { callIdOf, completionIdOf } from './response-ids.ts';

/** A completed or incomplete job as a chat completion. */
export function presentChatCompletion(job: JobView): ChatCompletionObject {
  const { text = '', reasoning = null, tool_calls: calls = [] } = textOutputOf(job.output) ?? {};
  const message = {
    role: 'assistant' as const,
    content: text === '' && calls.length > 0 ? null : text,
    refusal: null,
    ...(reasoning !== null && { reasoning_content: reasoning }),
    ...(calls.length > 0 && { tool_calls: calls.map((call, rank) => presentToolCall(job.id, call, rank)) }),
  };
  return {
    id: completionIdOf(job.id),
    object: 'chat.completion',
    created: Math.floor(job.createdAt.getTime() / 1000),
    model: job.model,
    choices: [{ index: 0, message, finish_reason: job.finishReason ?? null, logprobs: null }],
    usage: presentChatUsage(presentUsage(tokensOf(job), job.usageSource)),
  };
}

function presentToolCall(jobId: string, call: ToolCall, rank: number) {
  return { id: callIdOf(jobId, call, rank), type: 'function' as const, function: { name: call.name, arguments: call.arguments } };
}

/** Token counts under OpenAI's names for chat completions. */
export function presentChatUsage(usage: Usage): ChatUsage {
  return {
    prompt_tokens: usage.input_tokens,
    completion_tokens: usage.output_tokens,
    total_tokens: usage.total_tokens,
    prompt_tokens_details: { cached_tokens: usage.cached_input_tokens },
    completion_tokens_details: { reasoning_tokens: usage.reasoning_tokens },
  };
}
