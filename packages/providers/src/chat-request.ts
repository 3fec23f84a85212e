import type OpenAI from 'openai';
import type { ChatCall } from './chat-call.ts';

/**
 * The request out. Usage is asked for in the stream where the vendor takes the question, and the limit of the hold is always sent,
 * under the vendor's name for it. Messages and parameters were checked against the contract when the job was submitted and go on
 * as they are.
 */
export function chatRequest({ model, messages, params, maxTokens, quirks }: ChatCall): OpenAI.ChatCompletionCreateParamsStreaming {
  return {
    ...withoutLimits(params),
    model,
    messages,
    [quirks.maxTokensParam]: maxTokens,
    stream: true,
    ...(quirks.usageRequest === 'send' && { stream_options: { include_usage: true } }),
  } as OpenAI.ChatCompletionCreateParamsStreaming;
}

/** A vendor that knows one name of the limit may refuse the other. */
function withoutLimits({ max_tokens: _, ...params }: ChatCall['params']): object {
  return params;
}
