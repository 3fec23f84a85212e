import { z } from 'zod';
import { Metadata } from './jobs.ts';
import { OutputItem } from './openai-response-items.ts';

/** What a response repeats of its request, the same through its whole life. */
export const ResponseEcho = z.object({
  instructions: z.string().nullable(),
  max_output_tokens: z.int().nullable(),
  max_tool_calls: z.int().nullable(),
  parallel_tool_calls: z.boolean(),
  previous_response_id: z.string().nullable(),
  prompt_cache_key: z.string().nullable(),
  reasoning: z.object({ effort: z.string().nullable(), summary: z.string().nullable() }),
  safety_identifier: z.string().nullable(),
  service_tier: z.string(),
  store: z.boolean(),
  temperature: z.number(),
  text: z.looseObject({ format: z.looseObject({ type: z.string() }) }),
  tool_choice: z.unknown(),
  tools: z.array(z.unknown()),
  top_logprobs: z.int(),
  top_p: z.number(),
  truncation: z.string(),
  user: z.string().nullable(),
});
export type ResponseEcho = z.infer<typeof ResponseEcho>;

const tokens = z.int().nonnegative();

export const ResponseUsage = z.object({
  input_tokens: tokens,
  input_tokens_details: z.object({ cached_tokens: tokens, cache_write_tokens: tokens }),
  output_tokens: tokens,
  output_tokens_details: z.object({ reasoning_tokens: tokens }),
  total_tokens: tokens,
});
export type ResponseUsage = z.infer<typeof ResponseUsage>;

export const ResponseError = z.object({ type: z.string(), code: z.string(), message: z.string(), param: z.null() });
export type ResponseError = z.infer<typeof ResponseError>;

export const ResponseStatus = z.enum(['queued', 'in_progress', 'completed', 'incomplete', 'failed', 'cancelled']);
export type ResponseStatus = z.infer<typeof ResponseStatus>;

/** A response: a job that was asked for, and is shown, in OpenAI's words. Times are unix seconds. */
export const ResponseObject = z
  .object({
    id: z.string(),
    object: z.literal('response'),
    created_at: z.int(),
    status: ResponseStatus,
    background: z.boolean(),
    completed_at: z.int().nullable(),
    error: ResponseError.nullable(),
    incomplete_details: z.object({ reason: z.enum(['max_output_tokens', 'content_filter']) }).nullable(),
    model: z.string(),
    output: z.array(OutputItem),
    usage: ResponseUsage.nullable(),
    metadata: Metadata,
    ...ResponseEcho.shape,
  })
  .meta({ id: 'Response' });
export type ResponseObject = z.infer<typeof ResponseObject>;

/** One item of what was asked, with an id. */
export const ResponseInputItem = z.looseObject({ id: z.string(), type: z.string() }).meta({ id: 'ResponseInputItem' });
export type ResponseInputItem = z.infer<typeof ResponseInputItem>;

export const DeletedResponseObject = z
  .object({ id: z.string(), object: z.literal('response'), deleted: z.literal(true) })
  .meta({ id: 'DeletedResponse' });
export type DeletedResponseObject = z.infer<typeof DeletedResponseObject>;
