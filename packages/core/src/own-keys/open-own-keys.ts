import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import { VaultError, type Vault } from '../providers/index.ts';
import type { OwnKeyRevision } from './switch-own-key.ts';

/** Whose keys for which provider. */
export interface OwnKeyOwner {
  userId: string;
  providerId: string;
}

/** A user's key, decrypted: for the calls of that user's jobs, and nothing else. */
export interface OpenOwnKey extends OwnKeyRevision {
  secret: string;
}

export interface OpenedOwnKeys {
  keys: OpenOwnKey[];
  /** Keys that could not be decrypted, with the reason to log. */
  faults: { keyId: string; message: string }[];
}

interface SealedKey extends OwnKeyOwner, OwnKeyRevision {
  ciphertext: string;
}

/** The keys in use of each of these users for a provider, as they are now: nothing of them is kept between two calls. */
export async function openOwnKeys(em: EntityManager, vault: Vault, owners: OwnKeyOwner[]): Promise<OpenedOwnKeys[]> {
  const sealed = await execute<SealedKey>(
    em,
    sql`select id, revision, user_id as "userId", provider_id as "providerId", encode(ciphertext, 'base64') as ciphertext
        from own_keys where enabled and (user_id, provider_id) in (
          select * from unnest(${owners.map(({ userId }) => userId)}::text[], ${owners.map(({ providerId }) => providerId)}::text[])
        ) order by id`,
  );
  return owners.map((owner) =>
    openAll(
      vault,
      sealed.filter(({ userId, providerId }) => userId === owner.userId && providerId === owner.providerId),
    ),
  );
}

function openAll(vault: Vault, sealed: SealedKey[]): OpenedOwnKeys {
  const opened: OpenedOwnKeys = { keys: [], faults: [] };
  for (const { id, revision, ciphertext } of sealed) {
    try {
      opened.keys.push({ id, revision, secret: vault.open(Buffer.from(ciphertext, 'base64'), id) });
    } catch (error) {
      if (!(error instanceof VaultError)) throw error;
      opened.faults.push({ keyId: id, message: error.message });
    }
  }
  return opened;
}
