import OpenAI from 'openai';
import type { Dispatcher } from 'undici';
import type { ChatCall } from './chat-call.ts';
import { chatRequest } from './chat-request.ts';
import { classifyTransport } from './classify-failure.ts';
import { keyHeader } from './key-header.ts';

/** The SDK's clients by base URL: making one costs more than a call with it. None of them has a key. */
const clients = new Map<string, OpenAI>();

/**
 * A call as it is sent. The SDK makes it: its types, its URL, its body; its headers, and those it takes from the environment, go to no
 * vendor. undici sends it, and the body is read by us (`receiveAnswer`).
 * @throws ProviderFailure for a base URL that is none
 */
export async function httpRequest(call: ChatCall): Promise<Dispatcher.DispatchOptions> {
  const { url, body } = await built(call);
  const { origin, pathname, search } = new URL(url);
  const headers = {
    'content-type': 'application/json',
    accept: 'text/event-stream',
    ...keyHeader(call.apiKey, call.quirks),
    'user-agent': 'sluice',
    'accept-encoding': 'identity',
  };
  return { origin, path: pathname + search, method: 'POST', headers, body };
}

async function built(call: ChatCall): Promise<{ url: string; body: string }> {
  try {
    const { url, req } = await clientFor(call.baseUrl).buildRequest({ method: 'post', path: '/chat/completions', body: chatRequest(call) });
    return { url, body: req.body as string };
  } catch (error) {
    throw classifyTransport(error, { hasAnswer: false });
  }
}

function clientFor(baseURL: string): OpenAI {
  const client = clients.get(baseURL) ?? new OpenAI({ apiKey: 'none', baseURL, organization: null, project: null, logLevel: 'off' });
  clients.set(baseURL, client);
  return client;
}
