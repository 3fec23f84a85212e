import type { ProviderTestObject, TestProviderRequest } from '@sluice/contract';
import { getCallableProvider, type Database, type Vault } from '@sluice/core';
import { AppError } from '@sluice/platform';
import { ProviderFailure, type ChatClient } from '@sluice/providers';

export interface ProviderCheckParts {
  db: Database;
  vault: Vault;
  chatClient: ChatClient;
}

/** An administrator waits for it. */
const timeouts = { connectMs: 10_000, firstTokenMs: 30_000, idleMs: 10_000, totalMs: 40_000 };

/**
 * Makes one real call of one token and tells how it went; a fault of the provider is an answer.
 * @throws AppError `not_found`, `conflict` without a key, `invalid_request` when there is no model to ask
 */
export async function testProvider(
  { db, vault, chatClient }: ProviderCheckParts,
  providerId: string,
  { model: wanted, key_id: keyId }: TestProviderRequest,
): Promise<ProviderTestObject> {
  const { baseUrl, quirks, key, models } = await getCallableProvider(db.em(), vault, { providerId, keyId: keyId ?? null });
  const model = wanted ?? models[0]?.model;
  if (model === undefined)
    throw new AppError('invalid_request', 'No model is asked of this provider yet; name one to test it with.', { param: 'model' });
  const call = {
    baseUrl,
    apiKey: key.secret,
    quirks,
    model,
    messages: [{ role: 'user', content: 'Hi' }],
    params: {},
    maxTokens: 1,
    timeouts,
  };
  const startedAt = performance.now();
  const error = await failureOf(chatClient.stream(call, new AbortController().signal));
  const tested = { object: 'provider_test' as const, model, key_id: key.id, latency_ms: Math.round(performance.now() - startedAt) };
  return { ...tested, ok: error === null, error };
}

async function failureOf(answer: AsyncIterable<unknown>): Promise<ProviderTestObject['error']> {
  try {
    for await (const _ of answer);
    return null;
  } catch (error) {
    if (error instanceof ProviderFailure) return { kind: error.kind, message: error.message };
    throw error;
  }
}
