import type { FinishReason, ProviderQuirks, TokenCounts } from '@sluice/contract';
import { classifyVendorError } from './classify-failure.ts';
import { readFinishReason } from './finish-reason.ts';
import { asObject, parseJson, type JsonObject } from './json-object.ts';
import { ProviderFailure } from './provider-failure.ts';
import type { Reading } from './reading.ts';
import type { SseEvent } from './sse-reader.ts';
import { readTokenCounts } from './token-counts.ts';
import { findVendorError } from './vendor-error.ts';

export interface ToolDelta {
  /** Null where the vendor sends none, or nonsense. */
  index: number | null;
  id: string;
  name: string;
  arguments: string;
}

/** What one chunk of a stream adds. Texts are as they came: not yet storable. */
export interface ChunkEvents {
  text: string;
  reasoning: string;
  tools: ToolDelta[];
  finish: FinishReason | null;
  /** Undefined when the chunk has no usage; null when it has one that cannot be true. */
  tokens: TokenCounts | null | undefined;
  id: string | null;
}

/**
 * Reads one event of a stream. One that the vendor named `error` is an error, whatever its data is.
 * @throws ProviderFailure when it is an error, or no JSON object
 */
export function readEvent({ isError, data }: SseEvent, reading: Reading): ChunkEvents {
  const json = parseJson(data);
  if (isError) throw classifyVendorError(findVendorError(json) ?? { code: '', type: '', message: data, status: undefined }, reading);
  return readChunk(json, reading);
}

/**
 * Reads one chunk, leniently and only what is used. A chunk without choices is no fault by itself: usage, filter results and
 * pings come so.
 */
function readChunk(json: unknown, reading: Reading): ChunkEvents {
  const chunk = asObject(json);
  const choice = asObject(Array.isArray(chunk?.choices) ? chunk.choices[0] : null);
  if (!chunk || !choice || chunk.error || choice.error) throwIfError(json, reading);
  const { quirks } = reading;
  const delta = asObject(choice?.delta);
  const { text, reasoning } = readContent(delta, quirks);
  return {
    text,
    reasoning,
    tools: readTools(delta),
    finish: readFinish(choice?.finish_reason, quirks),
    tokens: readUsage(chunk, choice, quirks),
    id: typeof chunk?.id === 'string' ? chunk.id : null,
  };
}

function throwIfError(json: unknown, reading: Reading): void {
  const error = findVendorError(json);
  if (error) throw classifyVendorError(error, reading);
  if (!asObject(json)) throw new ProviderFailure('malformed', 'The provider sent a chunk that is not a JSON object.');
}

/** Mistral sends parts of both kinds as content. A refusal is text to its reader. */
function readContent(delta: JsonObject | null, { reasoningFields }: ProviderQuirks): { text: string; reasoning: string } {
  const content = delta?.content ?? delta?.refusal;
  const reasoningField = reasoningFields.find((field) => (delta?.[field] ?? null) !== null);
  const reasoning = reasoningField && delta?.[reasoningField];
  if (Array.isArray(content)) return { text: joinParts(content, 'text'), reasoning: joinParts(content, 'thinking') };
  return { text: typeof content === 'string' ? content : '', reasoning: typeof reasoning === 'string' ? reasoning : '' };
}

function joinParts(parts: unknown[], type: 'text' | 'thinking'): string {
  return parts
    .map((part) => {
      const value = asObject(part)?.[type];
      return Array.isArray(value) ? joinParts(value, 'text') : typeof value === 'string' ? value : '';
    })
    .join('');
}

function readFinish(word: unknown, quirks: ProviderQuirks): FinishReason | null {
  if (typeof word !== 'string' || word === '') return null;
  const finish = readFinishReason(word, quirks);
  if ('broke' in finish) throw new ProviderFailure(finish.broke, `The provider broke off: ${word}`);
  return finish.reason;
}

/** Usage stands in the chunk; with older Kimi models in the choice, with Groq in `x_groq`. */
function readUsage(chunk: JsonObject | null, choice: JsonObject | null, quirks: ProviderQuirks): TokenCounts | null | undefined {
  const usage = chunk?.usage ?? choice?.usage ?? asObject(chunk?.x_groq)?.usage;
  return usage === undefined || usage === null ? undefined : readTokenCounts(usage, quirks);
}

function readTools(delta: JsonObject | null): ToolDelta[] {
  if (!delta?.tool_calls && !delta?.function_call) return [];
  if (!delta.tool_calls) return [readTool({ index: 0, function: delta.function_call })];
  return (Array.isArray(delta.tool_calls) ? delta.tool_calls : [delta.tool_calls]).map(readTool);
}

function readTool(value: unknown): ToolDelta {
  const tool = asObject(value);
  const call = asObject(tool?.function);
  const index = tool?.index;
  return {
    index: typeof index === 'number' && Number.isInteger(index) && index >= 0 && index < 1000 ? index : null,
    id: typeof tool?.id === 'string' ? tool.id : '',
    name: typeof call?.name === 'string' ? call.name : '',
    arguments: readArguments(call?.arguments),
  };
}

/** Arguments are JSON as text; Ollama and others send the object itself. */
function readArguments(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}
