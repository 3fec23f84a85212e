import { z } from 'zod';
import { FinishReason } from './failure.ts';
import { JobParams, Message, Metadata } from './jobs.ts';
import { OpaqueJson, text } from './text.ts';

/** A function that the model may call, as chat completions have it. */
const ChatTool = z
  .looseObject({ type: z.literal('function'), function: z.looseObject({ name: z.string().min(1).max(256) }) })
  .and(OpaqueJson);

/** What POST /v1/chat/completions reads; other fields are ignored. A null stands for a field that was left out. */
export const ChatCompletionRequest = z
  .object({
    model: text(256).min(1),
    messages: z.array(Message).min(1).max(2000),
    stream: z.boolean().default(false),
    stream_options: z.object({ include_usage: z.boolean().nullish() }).optional(),
    max_completion_tokens: JobParams.shape.max_tokens,
    ...JobParams.shape,
    response_format: z
      .looseObject({ type: z.enum(['text', 'json_object', 'json_schema']) })
      .and(OpaqueJson)
      .optional(),
    tools: z.array(ChatTool).max(128).optional(),
    metadata: Metadata.default({}),
  })
  .meta({ id: 'CreateChatCompletion' });
export type ChatCompletionRequest = z.infer<typeof ChatCompletionRequest>;

const tokens = z.int().nonnegative();

export const ChatUsage = z.object({
  prompt_tokens: tokens,
  completion_tokens: tokens,
  total_tokens: tokens,
  prompt_tokens_details: z.object({ cached_tokens: tokens }),
  completion_tokens_details: z.object({ reasoning_tokens: tokens }),
});
export type ChatUsage = z.infer<typeof ChatUsage>;

export const ChatToolCall = z.object({
  id: z.string(),
  type: z.literal('function'),
  function: z.object({ name: z.string(), arguments: z.string() }),
});

/** A whole answer. `reasoning_content` is there when the model showed its reasoning. */
export const ChatCompletionObject = z
  .object({
    id: z.string(),
    object: z.literal('chat.completion'),
    created: z.int(),
    model: z.string(),
    choices: z.array(
      z.object({
        index: z.int(),
        message: z.object({
          role: z.literal('assistant'),
          content: z.string().nullable(),
          refusal: z.string().nullable(),
          reasoning_content: z.string().optional(),
          tool_calls: z.array(ChatToolCall).optional(),
        }),
        finish_reason: FinishReason.nullable(),
        logprobs: z.null(),
      }),
    ),
    usage: ChatUsage,
  })
  .meta({ id: 'ChatCompletion' });
export type ChatCompletionObject = z.infer<typeof ChatCompletionObject>;

/** One line of a stream, which ends in `[DONE]`. Only the usage chunk has no choice. */
export const ChatCompletionChunk = z
  .object({
    id: z.string(),
    object: z.literal('chat.completion.chunk'),
    created: z.int(),
    model: z.string(),
    choices: z.array(z.object({ index: z.int(), delta: z.looseObject({}), finish_reason: FinishReason.nullable(), logprobs: z.null() })),
    usage: ChatUsage.nullable().optional(),
  })
  .meta({ id: 'ChatCompletionChunk' });
export type ChatCompletionChunk = z.infer<typeof ChatCompletionChunk>;
