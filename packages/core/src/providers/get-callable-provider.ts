import { usualQuirks, type ProviderQuirks } from '@sluice/contract';
import { AppError, notFound } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import { VaultError, type Vault } from './vault.ts';
import { readVendorQuirks } from './vendor-quirks.ts';

/** What it takes to call a provider once, but for a key. */
export interface ProviderToCall {
  name: string;
  isEnabled: boolean;
  baseUrl: string;
  quirks: ProviderQuirks;
  /** The models here that are asked of it, by the provider's name for them. Text models come first. */
  models: { model: string; alias: string }[];
}

/** The same with a key of this service's, for an administrator who tries it. */
export interface CallableProvider extends ProviderToCall {
  key: { id: string; secret: string };
}

interface WantedProvider {
  providerId: string;
  /** Null takes the first key, one that is in use before one that is not. */
  keyId: string | null;
}

/**
 * A provider with one key decrypted, whether or not either is enabled.
 * @throws AppError `not_found` without such a provider or key, `conflict` when the provider has no key or it does not open
 */
export async function getCallableProvider(em: EntityManager, vault: Vault, wanted: WantedProvider): Promise<CallableProvider> {
  const provider = await getProviderToCall(em, wanted.providerId);
  return { ...provider, key: await openKey(em, vault, wanted) };
}

/** A provider, whether or not it is enabled. @throws AppError `not_found` */
export async function getProviderToCall(em: EntityManager, providerId: string): Promise<ProviderToCall> {
  const [provider] = await execute<Omit<ProviderToCall, 'quirks'> & { vendor: string | null }>(
    em,
    sql`select p.name, p.enabled as "isEnabled", p.vendor, p.base_url as "baseUrl",
               (select coalesce(json_agg(json_build_object('model', r.model, 'alias', m.alias) order by not 'text' = any(m.capabilities), m.alias), '[]')
                from model_routes r join models m on m.id = r.model_id where r.provider_id = p.id) as models
        from providers p where p.id = ${providerId}`,
  );
  if (!provider) throw notFound('provider');
  const { vendor, ...rest } = provider;
  const quirks = (await readVendorQuirks()).get(vendor ?? '') ?? usualQuirks;
  return { ...rest, quirks };
}

async function openKey(em: EntityManager, vault: Vault, { providerId, keyId }: WantedProvider): Promise<CallableProvider['key']> {
  const [key] = await execute<{ id: string; ciphertext: Buffer }>(
    em,
    sql`select id, ciphertext from provider_keys where provider_id = ${providerId} and id = coalesce(${keyId}, id) order by not enabled, id limit 1`,
  );
  if (!key && keyId !== null) throw notFound('key of this provider');
  if (!key) throw new AppError('conflict', 'The provider has no key.');
  try {
    return { id: key.id, secret: vault.open(key.ciphertext, key.id) };
  } catch (error) {
    if (error instanceof VaultError) throw new AppError('conflict', error.message, { cause: error });
    throw error;
  }
}
