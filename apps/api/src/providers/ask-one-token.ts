import type { FailureKind, ProviderQuirks } from '@sluice/contract';
import { ProviderFailure, type ChatClient } from '@sluice/providers';

interface Question {
  baseUrl: string;
  quirks: ProviderQuirks;
  apiKey: string;
  model: string;
}

export interface OneToken {
  latencyMs: number;
  /** A fault of the provider, in its own words. */
  error: { kind: FailureKind; message: string } | null;
}

/** Somebody waits for it. */
const timeouts = { connectMs: 10_000, firstTokenMs: 30_000, idleMs: 10_000, totalMs: 40_000 };

/** Makes one real call of one token and tells how it went. */
export async function askOneToken(chatClient: ChatClient, question: Question): Promise<OneToken> {
  const call = { ...question, messages: [{ role: 'user', content: 'Hi' }], params: {}, maxTokens: 1, timeouts };
  const startedAt = performance.now();
  const error = await failureOf(chatClient.chat(call, { signal: new AbortController().signal, onEvent: () => undefined }));
  return { latencyMs: Math.round(performance.now() - startedAt), error };
}

async function failureOf(answer: Promise<unknown>): Promise<OneToken['error']> {
  try {
    await answer;
    return null;
  } catch (error) {
    if (error instanceof ProviderFailure) return { kind: error.kind, message: error.message };
    throw error;
  }
}
