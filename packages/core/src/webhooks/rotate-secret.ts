import type { RotateWebhookSecretRequest } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { recordAction } from '../audit-log/index.ts';
import { execute, inTransaction, sql } from '../database/index.ts';
import { onceByKey } from '../idempotency/index.ts';
import type { Vault } from '../providers/index.ts';
import type { EndpointWithSecret } from './create-endpoint.ts';
import { defaultEndpointName, endpointOf, type EndpointOwner } from './endpoint-row.ts';
import { ensureDefaultEndpoints } from './ensure-default-endpoints.ts';
import { getEndpoint } from './list-endpoints.ts';
import { openSecrets } from './open-secrets.ts';
import { hintOf, newWebhookSecret } from './webhook-secret.ts';

interface RotateSecret {
  owner: EndpointOwner;
  request: RotateWebhookSecretRequest;
  idempotencyKey: string | null;
  vault: Vault;
}

/**
 * Makes a new secret, once per idempotency key. The old one signs beside it for 24 h if asked, else no more from now on.
 * @throws AppError `not_found`; the default endpoint is made when it is not there
 */
export function rotateSecret(em: EntityManager, { owner, request, idempotencyKey, vault }: RotateSecret): Promise<EndpointWithSecret> {
  const { userId } = owner;
  return inTransaction(em, async (tx) => {
    if (owner.id === defaultEndpointName) await ensureDefaultEndpoints(tx, [userId]);
    // Rotations of one endpoint wait here for one another.
    await execute(tx, sql`select from webhook_endpoints where ${endpointOf(owner)} for update`);
    const { id } = await getEndpoint(tx, owner);
    await onceByKey(tx, { userId, route: `webhook-endpoints/${id}/rotate`, key: idempotencyKey, body: request }, async () => {
      const secret = newWebhookSecret();
      const keepsOld = request.keep_old_secret_active_for_24_hours;
      await execute(
        tx,
        sql`update webhook_endpoints set old_ciphertext = ${keepsOld ? sql`ciphertext` : null}, old_until = now() + interval '24 hours',
              ciphertext = ${vault.seal(secret, id)}, secret_hint = ${hintOf(secret)}, updated_at = now()
            where id = ${id}`,
      );
      await recordAction(tx, { actorId: userId, action: 'webhook_endpoint.rotate_secret', objectId: id, details: { keeps_old: keepsOld } });
      return id;
    });
    const endpoint = await getEndpoint(tx, { userId, id });
    const [secret = ''] = openSecrets(vault, endpoint);
    return { endpoint, secret };
  });
}
