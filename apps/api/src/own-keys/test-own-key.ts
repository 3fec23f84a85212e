import type { OwnKeyTestObject } from '@sluice/contract';
import { disableOwnKey, enableOwnKey, getCallableOwnKey } from '@sluice/core';
import { AppError } from '@sluice/platform';
import { askOneToken } from '../providers/ask-one-token.ts';
import type { ProviderCheckParts } from '../providers/test-provider.ts';

/**
 * Makes one real call of one token with a user's key, at its account's cost, and tells how it went. It goes where the
 * administrator lets this service's own calls go: a user chooses the key, never the address. What the provider says of the key
 * counts as in a job: one that it takes is in use again, one that it refuses is not.
 * @throws AppError `not_found`, or `conflict` when the provider is disabled, the key does not open, or no model is asked of the provider
 */
export async function testOwnKey(
  { db, vault, chatClient }: ProviderCheckParts,
  ref: { userId: string; keyId: string },
): Promise<OwnKeyTestObject> {
  const { name, baseUrl, quirks, key, models } = await getCallableOwnKey(db.em(), vault, ref);
  const [first] = models;
  if (!first) throw new AppError('conflict', `No model is asked of the provider ${name} yet.`);
  const { latencyMs, error } = await askOneToken(chatClient, { baseUrl, quirks, apiKey: key.secret, model: first.model });
  if (error === null) await enableOwnKey(db.em(), key, ref.userId);
  if (error?.kind === 'auth') await disableOwnKey(db.em(), key, error.message);
  return { object: 'own_provider_key_test', id: key.id, ok: error === null, model: first.alias, latency_ms: latencyMs, error };
}
