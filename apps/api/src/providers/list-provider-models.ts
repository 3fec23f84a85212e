import type { VendorModelObject } from '@sluice/contract';
import { getCallableProvider } from '@sluice/core';
import { AppError } from '@sluice/platform';
import { ProviderFailure } from '@sluice/providers';
import type { ProviderCheckParts } from './test-provider.ts';

const totalMs = 20_000;

/**
 * What the vendor itself lists, with what each would be called here.
 * @throws AppError `not_found`, `conflict` without a key, `unavailable` in the vendor's words when it does not answer a list
 */
export async function listProviderModels({ db, vault, chatClient }: ProviderCheckParts, providerId: string): Promise<VendorModelObject[]> {
  const { name, baseUrl, quirks, key, models } = await getCallableProvider(db.em(), vault, { providerId, keyId: null });
  const listed = await chatClient.models({ baseUrl, apiKey: key.secret, quirks }, AbortSignal.timeout(totalMs)).catch((error: unknown) => {
    if (error instanceof ProviderFailure) throw new AppError('unavailable', error.message, { cause: error });
    throw error;
  });
  return listed.map(({ id, capabilities, contextWindow }) => ({
    id,
    object: 'vendor_model',
    aliases: models.filter(({ model }) => model === id).map(({ alias }) => alias),
    suggested: { alias: id, capabilities, routes: [{ provider: name, model: id }], context_window: contextWindow },
  }));
}
