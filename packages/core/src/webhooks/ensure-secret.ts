import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, one, sql } from '../database/index.ts';
import type { Vault } from '../providers/index.ts';
import type { EndpointRow } from './endpoint-row.ts';
import { hintOf, newWebhookSecret } from './webhook-secret.ts';

/** The sealed secrets of a default row, of which one is made if there is none; whoever races, all get the same. */
export async function ensureSecret(
  em: EntityManager,
  vault: Vault,
  endpointId: string,
): Promise<Pick<EndpointRow, 'ciphertext' | 'oldCiphertext'>> {
  const secret = newWebhookSecret();
  await execute(
    em,
    sql`update webhook_endpoints set ciphertext = ${vault.seal(secret, endpointId)}, secret_hint = ${hintOf(secret)}
        where id = ${endpointId} and ciphertext is null`,
  );
  return one(
    em,
    sql`select ciphertext, case when old_until > now() then old_ciphertext end as "oldCiphertext" from webhook_endpoints where id = ${endpointId}`,
  );
}
