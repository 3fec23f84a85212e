import { z } from 'zod';
import { text } from './text.ts';

const longText = text(4_000_000);
const id = z.string().min(1).max(128).optional();
const status = z.enum(['in_progress', 'completed', 'incomplete']);

/** A part of a message. Clients send the parts that they were given back as they are. */
export const ContentPart = z.discriminatedUnion('type', [
  z.object({ type: z.literal('input_text'), text: longText }),
  z.object({ type: z.literal('output_text'), text: longText }),
  z.object({ type: z.literal('text'), text: longText }),
  z.object({ type: z.literal('refusal'), refusal: longText }),
  z.object({
    type: z.literal('input_image'),
    image_url: z.string().nullish(),
    file_id: z.string().nullish(),
    detail: z.string().nullish(),
  }),
  z.object({
    type: z.literal('input_file'),
    file_data: z.string().nullish(),
    filename: text(1000).nullish(),
    file_id: z.string().nullish(),
    file_url: z.string().nullish(),
  }),
  z.object({ type: z.literal('input_audio'), input_audio: z.looseObject({ data: z.string(), format: z.string() }) }),
]);
export type ContentPart = z.infer<typeof ContentPart>;

const content = z.union([longText, z.array(ContentPart).max(1000)]);

const typedItem = z.discriminatedUnion('type', [
  z.object({ type: z.literal('message'), id, role: z.enum(['user', 'assistant', 'system', 'developer']), content }),
  z.object({
    type: z.literal('function_call'),
    id,
    call_id: z.string().min(1).max(128),
    name: z.string().min(1).max(256),
    arguments: longText,
  }),
  z.object({ type: z.literal('function_call_output'), id, call_id: z.string().min(1).max(128), output: content }),
  z.object({
    type: z.literal('custom_tool_call'),
    id,
    call_id: z.string().min(1).max(128),
    name: z.string().min(1).max(256),
    input: longText,
  }),
  z.object({ type: z.literal('custom_tool_call_output'), id, call_id: z.string().min(1).max(128), output: content }),
  z.looseObject({ type: z.literal('reasoning'), id, summary: z.array(z.looseObject({ type: z.string(), text: z.string() })) }),
  z.object({ type: z.literal('item_reference'), id: z.string().min(1).max(128) }),
]);

/** One item of a response's input. The easy form of a message has no `type`, and that of a reference has nothing but its id. */
export const InputItem = z.preprocess(nameType, typedItem);
export type InputItem = z.infer<typeof InputItem>;

function nameType(item: unknown): unknown {
  if (typeof item !== 'object' || item === null || ('type' in item && item.type !== null && item.type !== undefined)) return item;
  return { ...item, type: 'role' in item || !('id' in item) ? 'message' : 'item_reference' };
}

const OutputText = z.object({
  type: z.literal('output_text'),
  text: z.string(),
  annotations: z.array(z.unknown()),
  logprobs: z.array(z.unknown()),
});
export type OutputText = z.infer<typeof OutputText>;

export const OutputMessage = z.object({
  id: z.string(),
  type: z.literal('message'),
  role: z.literal('assistant'),
  status,
  content: z.array(OutputText),
});
export type OutputMessage = z.infer<typeof OutputMessage>;

export const OutputFunctionCall = z.object({
  id: z.string(),
  type: z.literal('function_call'),
  call_id: z.string(),
  name: z.string(),
  arguments: z.string(),
  status,
});
export type OutputFunctionCall = z.infer<typeof OutputFunctionCall>;

const SummaryText = z.object({ type: z.literal('summary_text'), text: z.string() });

export const OutputReasoning = z.object({
  id: z.string(),
  type: z.literal('reasoning'),
  status,
  summary: z.array(SummaryText),
});
export type OutputReasoning = z.infer<typeof OutputReasoning>;

/** One item of a response's output. */
export const OutputItem = z.discriminatedUnion('type', [OutputMessage, OutputFunctionCall, OutputReasoning]);
export type OutputItem = z.infer<typeof OutputItem>;
export type ItemStatus = z.infer<typeof status>;
