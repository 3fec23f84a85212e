import type { ProviderQuirks } from '@sluice/contract';
import OpenAI from 'openai';
import { request, type Dispatcher } from 'undici';
import type { ChatCall } from './chat-call.ts';
import { chatRequest } from './chat-request.ts';
import { classifyRefusal, classifyTransport } from './classify-failure.ts';
import { ProviderFailure } from './provider-failure.ts';

export type Answer = Pick<Dispatcher.ResponseData, 'statusCode' | 'headers' | 'body'>;

interface OpenAnswerParts {
  dispatcher: Dispatcher;
  signal: AbortSignal;
  nowMs: () => number;
}

/** The rest of an error page is of no use. */
const refusalMaxLength = 65_536;

/** What a provider needs to know. The SDK's other headers, and those it takes from the environment, go to no vendor. */
const sentHeaders = ['content-type', 'accept'];
const silent = { error: ignore, warn: ignore, info: ignore, debug: ignore };

/**
 * Sends the call and answers once the head of a 2xx is there; its body is the caller's to read and to close.
 *
 * The SDK makes the request: its types, its URL, its authorization. It is sent by `undici.request`, and the body is read by us.
 * The SDK's own reader takes an error inside a 200, a cut or an abort for a whole answer, loses the bodies of most vendors'
 * errors, has no limit for a line, and costs more: with 200 streams of 50 tokens/s 66 us of CPU a chunk against 43 here
 * (undici alone: 28), and 1.0 ms a call against 0.6, so that 500 streams fill a core.
 * @throws ProviderFailure for whatever is not a 2xx
 */
export async function openAnswer(call: ChatCall, { dispatcher, signal, nowMs }: OpenAnswerParts): Promise<Answer> {
  const transport: { answer?: Answer } = {};
  const client = new OpenAI({
    // Local servers need no key, the SDK does.
    apiKey: call.apiKey || 'none',
    baseURL: call.baseUrl,
    organization: null,
    project: null,
    maxRetries: 0,
    // Longer than any call: the timers of the call decide.
    timeout: 2 ** 31 - 1,
    logger: silent,
    logLevel: 'off',
    fetch: async (url, init) => {
      transport.answer = await send(url instanceof Request ? url.url : url, init, { call, dispatcher, signal });
      // The SDK only needs to know that there is an answer.
      return new Response(null);
    },
  });
  try {
    const headers = { accept: 'text/event-stream' };
    await client.chat.completions.create(chatRequest(call), { signal, headers }).asResponse();
  } catch (error) {
    throw classifyTransport(error, { hasAnswer: false });
  }
  if (!transport.answer) throw new Error('the SDK sent no request');
  return acceptAnswer(transport.answer, { nowMs, quirks: call.quirks });
}

async function send(
  url: string | URL,
  init: RequestInit | undefined,
  { call: { apiKey, quirks }, ...parts }: { call: ChatCall; dispatcher: Dispatcher; signal: AbortSignal },
): Promise<Answer> {
  const given = new Headers(init?.headers);
  const headers = Object.fromEntries(sentHeaders.map((name) => [name, given.get(name) ?? '']));
  const body = typeof init?.body === 'string' ? init.body : null;
  const answer = await request(url, {
    method: 'POST',
    headers: { ...headers, ...keyHeader(apiKey, quirks), 'user-agent': 'sluice', 'accept-encoding': 'identity' },
    body,
    ...parts,
  });
  // A body that is closed while nobody reads it must not bring the process down.
  answer.body.on('error', ignore);
  return answer;
}

/** Local servers need no key, and take any. */
export function keyHeader(apiKey: string, { keyHeader: { name, prefix } }: ProviderQuirks): Record<string, string> {
  return { [name]: `${prefix}${apiKey || 'none'}` };
}

async function acceptAnswer(answer: Answer, { nowMs, quirks }: { nowMs: () => number; quirks: ProviderQuirks }): Promise<Answer> {
  const { statusCode: status, headers, body } = answer;
  if (status < 200 || status > 299) {
    throw classifyRefusal({ status, headers, body: await readText(answer), nowMs: nowMs(), quirks });
  }
  const encoding = headers['content-encoding'];
  if (encoding === undefined || encoding === 'identity') return answer;
  body.destroy();
  throw new ProviderFailure('malformed', 'The provider compressed an answer that was asked for as it is.');
}

/** The body of a refusal, as far as it comes: its status says enough when the connection breaks. */
async function readText({ body }: Answer): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const bytes of body) {
      text += decoder.decode(bytes as Uint8Array, { stream: true });
      if (text.length > refusalMaxLength) break;
    }
  } catch {
    return text;
  }
  return text;
}

function ignore(): void {}
