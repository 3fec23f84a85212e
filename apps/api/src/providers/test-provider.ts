import type { ProviderTestObject, TestProviderRequest } from '@sluice/contract';
import { getCallableProvider, type Database, type Vault } from '@sluice/core';
import { AppError } from '@sluice/platform';
import type { ChatClient } from '@sluice/providers';
import { askOneToken } from './ask-one-token.ts';

export interface ProviderCheckParts {
  db: Database;
  vault: Vault;
  chatClient: ChatClient;
}

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
  const { latencyMs, error } = await askOneToken(chatClient, { baseUrl, quirks, apiKey: key.secret, model });
  return { object: 'provider_test', model, key_id: key.id, latency_ms: latencyMs, ok: error === null, error };
}
