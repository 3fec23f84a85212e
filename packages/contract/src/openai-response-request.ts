import { z } from 'zod';
import { JobParams, Metadata } from './jobs.ts';
import { InputItem } from './openai-response-items.ts';
import { OpaqueJson, text } from './text.ts';

const longText = text(4_000_000);
const word = text(256);

const FunctionTool = z
  .looseObject({
    type: z.literal('function'),
    name: z.string().min(1).max(256),
    description: z.string().nullish(),
    parameters: z.looseObject({}).nullish(),
    strict: z.boolean().nullish(),
  })
  .and(OpaqueJson);
export type FunctionTool = z.infer<typeof FunctionTool>;

const FunctionChoice = z.object({ type: z.literal('function'), name: z.string().min(1) });

const ToolChoice = z.union([
  z.enum(['none', 'auto', 'required']),
  z.discriminatedUnion('type', [
    FunctionChoice,
    z.object({ type: z.literal('allowed_tools'), mode: z.enum(['auto', 'required']), tools: z.array(FunctionChoice).min(1) }),
  ]),
]);
export type ToolChoice = z.infer<typeof ToolChoice>;

const TextFormat = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text') }),
  z.object({ type: z.literal('json_object') }),
  z.object({
    type: z.literal('json_schema'),
    name: z.string().min(1).max(64),
    schema: z.looseObject({}).and(OpaqueJson),
    description: z.string().nullish(),
    strict: z.boolean().nullish(),
  }),
]);
export type TextFormat = z.infer<typeof TextFormat>;

/** What POST /v1/responses reads; other fields are ignored. A null stands for a field that was left out. */
export const CreateResponseRequest = z
  .object({
    model: word.min(1),
    input: z.union([longText, z.array(InputItem).max(10_000)]).optional(),
    instructions: longText.optional(),
    previous_response_id: z.string().max(128).optional(),
    background: z.boolean().default(false),
    stream: z.boolean().default(false),
    store: z.boolean().default(true),
    metadata: Metadata.default({}),
    max_output_tokens: z.int().min(16).max(10_000_000).optional(),
    max_tool_calls: z.int().min(1).optional(),
    temperature: JobParams.shape.temperature,
    top_p: JobParams.shape.top_p,
    top_logprobs: z.int().min(0).max(20).optional(),
    parallel_tool_calls: z.boolean().optional(),
    tools: z.array(FunctionTool).max(128).default([]),
    tool_choice: ToolChoice.default('auto'),
    text: z.object({ format: TextFormat.nullish(), verbosity: z.enum(['low', 'medium', 'high']).nullish() }).default({}),
    reasoning: z.object({ effort: z.string().max(32).nullish(), summary: z.string().max(32).nullish() }).default({}),
    include: z.array(z.string().max(128)).max(32).optional(),
    truncation: z.enum(['auto', 'disabled']).default('disabled'),
    service_tier: word.optional(),
    safety_identifier: text(64).optional(),
    prompt_cache_key: word.optional(),
    user: word.optional(),
  })
  .meta({ id: 'CreateResponse' });
export type CreateResponseRequest = z.infer<typeof CreateResponseRequest>;
