import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import { lastFourOf } from './insert-provider-key.ts';
import { disabledByAdministrator } from './update-provider-key.ts';
import { isSealed, type Vault } from './vault.ts';

/**
 * Lets the key that came from the environment follow it. It comes back into use if its provider had refused the old one; one that
 * an administrator disabled stays so, and one that was removed does not come back.
 */
export async function replaceEnvironmentKey(
  tx: EntityManager,
  vault: Vault,
  { providerId, secret }: { providerId: string; secret: string },
): Promise<'replaced' | 'kept'> {
  const [key] = await execute<{ id: string; ciphertext: Buffer }>(
    tx,
    sql`select id, ciphertext from provider_keys where provider_id = ${providerId} and origin = 'environment' order by id limit 1`,
  );
  if (!key || isSealed(vault, { sealed: key.ciphertext, rowId: key.id, secret })) return 'kept';
  await execute(
    tx,
    sql`update provider_keys set ciphertext = ${vault.seal(secret, key.id)}, last_four = ${lastFourOf(secret)},
          enabled = enabled or disabled_reason is distinct from ${disabledByAdministrator},
          disabled_reason = case when disabled_reason = ${disabledByAdministrator} then disabled_reason end
        where id = ${key.id}`,
  );
  return 'replaced';
}
