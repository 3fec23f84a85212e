import { usualQuirks, type ProviderLimits, type ProviderQuirks } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import { mergeLimits } from './merge-limits.ts';
import { VaultError, type Vault } from './vault.ts';
import { readVendorQuirks } from './vendor-quirks.ts';

/** A provider's key, decrypted: for workers only. */
export interface LaneKey {
  id: string;
  secret: string;
  weight: number;
  /** Set for a key that the user of the job has brought. */
  own: { id: string; revision: number } | null;
  /** The provider's limits, and the key's own where it has them. */
  limits: ProviderLimits;
}

/** What a worker needs to call an enabled provider. Without keys it can call nothing: its jobs go on to their next route. */
export interface Lane {
  providerId: string;
  name: string;
  /** The vendor of the catalogue; null for a provider of one's own. */
  vendor: string | null;
  /** How it departs from OpenAI's protocol. */
  quirks: ProviderQuirks;
  baseUrl: string;
  limits: ProviderLimits;
  keys: LaneKey[];
  /** Keys that could not be decrypted, with the reason to log. They hurt nobody else. */
  faults: { keyId: string; message: string }[];
}

interface SealedKey {
  id: string;
  ciphertext: string;
  weight: number;
  limits: ProviderLimits;
}

/** Every enabled provider with its enabled keys, ordered by id. */
export async function listLanes(em: EntityManager, vault: Vault): Promise<Lane[]> {
  const rows = await execute<Omit<Lane, 'quirks' | 'keys' | 'faults'> & { keys: SealedKey[] }>(
    em,
    sql`select p.id as "providerId", p.name, p.vendor, p.base_url as "baseUrl", p.limits,
               (select coalesce(json_agg(json_build_object(
                         'id', k.id, 'ciphertext', encode(k.ciphertext, 'base64'), 'weight', k.weight, 'limits', k.limits
                       ) order by k.id), '[]')
                from provider_keys k where k.provider_id = p.id and k.enabled) as keys
        from providers p where p.enabled order by p.id`,
  );
  const quirks = await readVendorQuirks();
  return rows.map(({ keys, ...provider }) => ({
    ...provider,
    quirks: quirks.get(provider.vendor ?? '') ?? usualQuirks,
    ...openKeys(keys, provider.limits, vault),
  }));
}

function openKeys(sealedKeys: SealedKey[], limits: ProviderLimits, vault: Vault): Pick<Lane, 'keys' | 'faults'> {
  const keys: LaneKey[] = [];
  const faults: Lane['faults'] = [];
  for (const { id, ciphertext, weight, limits: own } of sealedKeys) {
    try {
      keys.push({ id, secret: vault.open(Buffer.from(ciphertext, 'base64'), id), weight, own: null, limits: mergeLimits(limits, own) });
    } catch (error) {
      if (!(error instanceof VaultError)) throw error;
      faults.push({ keyId: id, message: error.message });
    }
  }
  return { keys, faults };
}
