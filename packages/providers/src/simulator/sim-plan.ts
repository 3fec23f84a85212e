import { createHash } from 'node:crypto';
import type { SimDirective } from './sim-directive.ts';
import { cutTokens, proseLength, writeProse } from './sim-prose.ts';
import type { SimRequest } from './sim-request.ts';

/** One token: a field of the delta, or a part of a tool call. */
export type SimPiece = { content: string } | { reasoning_content: string } | { tool_calls: SimToolDelta[] };

export interface SimToolDelta {
  index: number;
  id?: string;
  type?: 'function';
  function: { name?: string; arguments: string };
}

/** What happens to a stream after so many tokens. */
export interface SimBreak {
  kind: 'stall' | 'cut' | 'reset' | 'garbage' | 'error';
  at: number;
}

/** A call that gets no answer at all, or another one than it asked for. */
export type SimRefusal = { type: 'hang' } | { type: 'refuse'; status: number; headers: Record<string, string>; body: string };

export interface SimAnswer {
  type: 'answer';
  pieces: SimPiece[];
  finishReason: string;
  /** Null: none is sent. */
  usage: unknown;
  isUsageEvery: boolean;
  isStamped: boolean;
  isKeptAlive: boolean;
  firstTokenMs: number;
  /** 0 without a pace. */
  msPerToken: number;
  break: SimBreak | null;
}

/** How fast a model speaks unless told otherwise. */
const paces: Record<string, { firstTokenMs: number; tokensPerS: number }> = {
  'sluice-sim': { firstTokenMs: 200, tokensPerS: 50 },
  'sluice-sim-thinking': { firstTokenMs: 400, tokensPerS: 80 },
};
export const simModels = [
  'sluice-sim',
  'sluice-sim-fast',
  'sluice-sim-thinking',
  'sluice-sim-embed',
  'sluice-sim-rerank',
  'sluice-sim-moderation',
];

/** Decides what a call gets. `directive` is the request's own, or what faults made of it. */
export function planAnswer(request: SimRequest, directive: SimDirective): SimRefusal | SimAnswer {
  return planRefusal(directive) ?? planSpeech(request, directive);
}

function planRefusal(directive: SimDirective): SimRefusal | null {
  const { hang, html, body, status, retry_after: seconds, retry_after_ms: ms } = directive;
  if (hang && status === undefined) return { type: 'hang' };
  if (status === undefined && !html && body === undefined) return null;
  const headers: Record<string, string> = { 'content-type': html ? 'text/html' : 'application/json' };
  if (seconds !== undefined) headers['retry-after'] = String(seconds);
  if (ms !== undefined) headers['retry-after-ms'] = String(ms);
  if (status !== undefined && status >= 300 && status < 400) headers.location = '/sim/elsewhere';
  return { type: 'refuse', status: status ?? 200, headers, body: body ?? (html ? page(status ?? 200) : errorBody(directive)) };
}

function page(status: number): string {
  return `<!DOCTYPE html>\n<html><head><title>${status}</title></head><body><h1>${status}</h1><hr>simulator</body></html>\n`;
}

const codes: Record<number, string> = { 401: 'invalid_api_key', 404: 'model_not_found', 429: 'rate_limit_exceeded' };

/** An error as OpenAI writes it. */
export function errorBody({ status = 500, code, message }: Pick<SimDirective, 'status' | 'code' | 'message'>): string {
  const type = status >= 500 ? 'server_error' : 'invalid_request_error';
  const error = {
    message: message ?? `The simulator was told to answer ${status}.`,
    type,
    param: null,
    code: code ?? codes[status] ?? null,
  };
  return JSON.stringify({ error });
}

function planSpeech(request: SimRequest, directive: SimDirective): SimAnswer {
  const spoken = planPieces(request, directive);
  const pieces = spoken.slice(0, request.maxTokens);
  const pace = paces[request.model];
  const perS = directive.tokens_per_s ?? pace?.tokensPerS ?? 0;
  const reason = directive.tool_calls ? 'tool_calls' : 'stop';
  return {
    type: 'answer',
    pieces,
    finishReason: directive.finish_reason ?? (pieces.length < spoken.length ? 'length' : reason),
    usage: planUsage(request, directive, pieces),
    isUsageEvery: directive.usage_every === true,
    isStamped: directive.stamps === true,
    isKeptAlive: directive.keepalive === true,
    firstTokenMs: directive.first_token_ms ?? pace?.firstTokenMs ?? 0,
    msPerToken: perS > 0 ? 1000 / perS : 0,
    break: planBreak(directive),
  };
}

function planPieces({ model, prompt }: SimRequest, directive: SimDirective): SimPiece[] {
  const thought = directive.reasoning ?? (model === 'sluice-sim-thinking' ? writeProse(`${prompt} thinking`, 20).join('') : '');
  const calls = directive.tool_calls ?? [];
  const isSilent = calls.length > 0 && directive.tokens === undefined;
  const prose = () => (isSilent ? [] : writeProse(prompt, directive.tokens ?? proseLength(prompt)));
  const text = directive.deltas ?? (directive.text === undefined ? prose() : cutTokens(directive.text));
  return [
    ...cutTokens(thought).map((piece) => ({ reasoning_content: piece })),
    ...text.map((content) => ({ content })),
    ...calls.flatMap((call, index) => planToolCall(call, index)),
  ];
}

/** A call's name comes first, then its arguments in pieces of 8 characters. */
function planToolCall(call: { id?: string | undefined; name: string; arguments: string }, index: number): SimPiece[] {
  const id = call.id ?? `call_${createHash('sha256').update(`${index} ${call.name} ${call.arguments}`).digest('hex').slice(0, 24)}`;
  const parts = call.arguments.match(/[\s\S]{1,8}/g) ?? [];
  return [
    { tool_calls: [{ index, id, type: 'function', function: { name: call.name, arguments: '' } }] },
    ...parts.map((part) => ({ tool_calls: [{ index, function: { arguments: part } }] })),
  ];
}

/** Counts each piece as a token; the thoughts among them are inside the completion. */
function planUsage(
  { promptTokens, isStream, includesUsage }: SimRequest,
  { usage, no_usage: none, usage_every: every }: SimDirective,
  pieces: SimPiece[],
): unknown {
  if (none || (isStream && !includesUsage && !every)) return null;
  if (usage !== undefined) return usage;
  return {
    prompt_tokens: promptTokens,
    completion_tokens: pieces.length,
    total_tokens: promptTokens + pieces.length,
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: pieces.filter((piece) => 'reasoning_content' in piece).length },
  };
}

/** The break that comes first. */
function planBreak({ stall_at, cut_at, reset_at, garbage_at, error_at }: SimDirective): SimBreak | null {
  const breaks: [SimBreak['kind'], number | undefined][] = [
    ['stall', stall_at],
    ['cut', cut_at],
    ['reset', reset_at],
    ['garbage', garbage_at],
    ['error', error_at],
  ];
  return breaks.reduce<SimBreak | null>(
    (first, [kind, at]) => (at === undefined || (first && first.at <= at) ? first : { kind, at }),
    null,
  );
}
