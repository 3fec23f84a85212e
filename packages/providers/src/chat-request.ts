import type OpenAI from 'openai';
import type { ChatCall } from './chat-call.ts';

/**
 * The request out. Usage is asked for in the stream, and the limit of the hold is always sent. Messages and parameters were
 * checked against the contract when the job was submitted and go on as they are.
 */
export function chatRequest({ model, messages, params, maxTokens }: ChatCall): OpenAI.ChatCompletionCreateParamsStreaming {
  return {
    ...params,
    model,
    messages,
    max_tokens: maxTokens,
    stream: true,
    stream_options: { include_usage: true },
  } as OpenAI.ChatCompletionCreateParamsStreaming;
}
