import { createOpenAI } from '@ai-sdk/openai';
import { ChatOpenAI, ChatOpenAIResponses } from '@langchain/openai';
import { OpenAI, type ClientOptions } from 'openai';

interface Credentials {
  url: string;
  key: string;
}

/** The official SDK as a program has it: only the address and the key are ours. */
export function createSdk({ url, key }: Credentials, options: ClientOptions = {}): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: key, ...options });
}

/** The Vercel AI SDK's provider. */
export function createAiSdk({ url, key }: Credentials) {
  return createOpenAI({ baseURL: `${url}/v1`, apiKey: key });
}

/** LangChain's models, on chat completions and on responses. */
export function createLangChain({ url, key }: Credentials, options: { maxRetries?: number; model?: string } = {}) {
  const fields = { model: 'mock', apiKey: key, configuration: { baseURL: `${url}/v1` }, maxRetries: 0, ...options };
  return { chat: new ChatOpenAI({ ...fields, useResponsesApi: false }), responses: new ChatOpenAIResponses(fields) };
}
