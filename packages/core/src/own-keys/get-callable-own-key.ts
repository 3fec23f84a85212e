import { AppError } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import { getProviderToCall, VaultError, type ProviderToCall, type Vault } from '../providers/index.ts';
import { getOwnKey, type OwnKeyRef } from './list-own-keys.ts';
import type { OpenOwnKey } from './open-own-keys.ts';

/** What it takes to call a provider once with a user's key, for the user who tries it. */
export interface CallableOwnKey extends ProviderToCall {
  key: OpenOwnKey;
}

/**
 * A user's key, decrypted, with its provider, whether or not the key is in use.
 * @throws AppError `not_found`, or `conflict` when the provider is disabled or the key does not open
 */
export async function getCallableOwnKey(em: EntityManager, vault: Vault, ref: OwnKeyRef): Promise<CallableOwnKey> {
  const { providerId } = await getOwnKey(em, ref);
  const provider = await getProviderToCall(em, providerId);
  if (!provider.isEnabled) throw new AppError('conflict', `The provider ${provider.name} is disabled.`);
  const [sealed] = await execute<{ id: string; revision: number; ciphertext: Buffer }>(
    em,
    sql`select id, revision, ciphertext from own_keys where id = ${ref.keyId}`,
  );
  if (!sealed) throw new AppError('conflict', 'The key was removed meanwhile.');
  try {
    return { ...provider, key: { id: sealed.id, revision: sealed.revision, secret: vault.open(sealed.ciphertext, sealed.id) } };
  } catch (error) {
    if (error instanceof VaultError) throw new AppError('conflict', error.message, { cause: error });
    throw error;
  }
}
