import { z } from 'zod';

const count = z.int().min(0).max(1_000_000);
const delayMs = z.number().min(0).max(3_600_000);

const SimToolCall = z.strictObject({ id: z.string().optional(), name: z.string(), arguments: z.string() });

/** What a request may ask of the simulator, as `[[sim {...}]]` in its last user message. packages/providers/README.md explains each. */
export const SimDirective = z.strictObject({
  tag: z.string().max(200).optional(),

  tokens: count.optional(),
  text: z.string().optional(),
  deltas: z.array(z.string()).max(100_000).optional(),
  reasoning: z.string().optional(),
  tool_calls: z.array(SimToolCall).max(128).optional(),
  finish_reason: z.string().optional(),
  stamps: z.boolean().optional(),

  tokens_per_s: z.number().positive().max(1_000_000).optional(),
  first_token_ms: delayMs.optional(),
  keepalive: z.boolean().optional(),

  usage: z.unknown().optional(),
  usage_every: z.boolean().optional(),
  no_usage: z.boolean().optional(),

  status: z.int().min(200).max(599).optional(),
  code: z.string().optional(),
  message: z.string().optional(),
  retry_after: z.union([z.number().min(0), z.string()]).optional(),
  retry_after_ms: delayMs.optional(),
  body: z.string().optional(),
  html: z.boolean().optional(),
  hang: z.boolean().optional(),
  stall_at: count.optional(),
  cut_at: count.optional(),
  reset_at: count.optional(),
  garbage_at: count.optional(),
  error_at: count.optional(),

  fail_first: count.optional(),
  fail_every: z.int().min(1).optional(),
});
export type SimDirective = z.infer<typeof SimDirective>;

export interface Directed {
  directive: SimDirective;
  /** The text without the directive. */
  prompt: string;
}

const opening = '[[sim ';

/**
 * Takes the directive out of a text; a text without one has an empty directive.
 * @throws Error that says what is wrong with the directive
 */
export function takeDirective(text: string): Directed {
  const start = text.indexOf(opening);
  if (start < 0) return { directive: {}, prompt: text };
  const json = findJson(text, start + opening.length);
  if (!json) throw new Error('[[sim ...]] does not hold JSON');
  const parsed = SimDirective.safeParse(json.value);
  if (!parsed.success) throw new Error(`[[sim ...]] is wrong: ${z.prettifyError(parsed.error)}`);
  return { directive: parsed.data, prompt: `${text.slice(0, start)}${text.slice(json.end)}`.trim() };
}

/** JSON may hold `]]` itself, so each one is tried as the end until what stands before it is whole. */
function findJson(text: string, start: number): { value: unknown; end: number } | null {
  for (let at = text.indexOf(']]', start); at >= 0; at = text.indexOf(']]', at + 1)) {
    try {
      return { value: JSON.parse(text.slice(start, at)), end: at + 2 };
    } catch {
      // Not yet the end.
    }
  }
  return null;
}
