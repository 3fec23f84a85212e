import { newId, type ProviderLimits } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import type { Vault } from './vault.ts';

interface NewProviderKey {
  providerId: string;
  secret: string;
  weight: number;
  limits: ProviderLimits;
  origin: 'admin' | 'environment';
}

/** Writes a key, encrypted for its own row, and answers its id. */
export async function insertProviderKey(
  tx: EntityManager,
  vault: Vault,
  { providerId, secret, weight, limits, origin }: NewProviderKey,
): Promise<string> {
  const id = newId('providerKey');
  await execute(
    tx,
    sql`insert into provider_keys (id, provider_id, ciphertext, last_four, origin, weight, limits)
        values (${id}, ${providerId}, ${vault.seal(secret, id)}, ${lastFourOf(secret)}, ${origin}, ${weight}, ${JSON.stringify(limits)}::json)`,
  );
  return id;
}

/** The end of a secret, to tell keys apart; nothing of one so short that this would give it away. */
export function lastFourOf(secret: string): string {
  return secret.length >= 12 ? secret.slice(-4) : '****';
}
