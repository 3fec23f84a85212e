import { z } from 'zod';
import { takeDirective, type SimDirective } from './sim-directive.ts';

const ChatBody = z.looseObject({
  model: z.string(),
  messages: z.array(z.looseObject({ role: z.string(), content: z.unknown().optional() })).min(1),
  max_tokens: z.int().min(1).optional(),
  max_completion_tokens: z.int().min(1).optional(),
  stream: z.boolean().optional(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
});

/** A request as the simulator understands it. */
export interface SimRequest {
  model: string;
  /** The last user message, without its directive. */
  prompt: string;
  directive: SimDirective;
  promptTokens: number;
  maxTokens: number;
  isStream: boolean;
  includesUsage: boolean;
  /** The body of an answer that is no chat; null for a chat. */
  renderWhole: (() => string) | null;
}

/**
 * Reads the body of a chat request.
 * @throws Error that says what is wrong with it, or with its directive
 */
export function readSimRequest(json: unknown): SimRequest {
  const parsed = ChatBody.safeParse(json);
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  const { model, messages, stream, stream_options: options } = parsed.data;
  const asked = messages.findLast(({ role }) => role === 'user') ?? messages.at(-1);
  const { directive, prompt } = takeDirective(textOf(asked?.content));
  return {
    model,
    prompt,
    directive,
    promptTokens: messages.reduce((sum, { content }) => sum + 4 + countPrompt(textOf(content)), 3),
    maxTokens: parsed.data.max_tokens ?? parsed.data.max_completion_tokens ?? Infinity,
    isStream: stream === true,
    includesUsage: options?.include_usage === true,
    renderWhole: null,
  };
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part: { text?: unknown } | null) => (typeof part?.text === 'string' ? part.text : '')).join('');
}

/** About what a tokenizer would count: four letters a token, one token for each character of a script without spaces. */
export function countPrompt(text: string): number {
  const wide = text.match(/[\u3000-\u9fff\uac00-\ud7af\uf900-\uffef]/g)?.length ?? 0;
  return wide + Math.ceil((text.length - wide) / 4);
}
