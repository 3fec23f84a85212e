import { newId, type CreateWebhookEndpointRequest } from '@sluice/contract';
import { AppError } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { recordAction } from '../audit-log/index.ts';
import { execute, inTransaction, one, sql } from '../database/index.ts';
import { onceByKey } from '../idempotency/index.ts';
import type { Vault } from '../providers/index.ts';
import type { EndpointRow } from './endpoint-row.ts';
import { getEndpoint } from './list-endpoints.ts';
import { openSecrets } from './open-secrets.ts';
import { hintOf, newWebhookSecret } from './webhook-secret.ts';

interface CreateEndpoint {
  userId: string;
  request: CreateWebhookEndpointRequest;
  idempotencyKey: string | null;
  vault: Vault;
}

export interface EndpointWithSecret {
  endpoint: EndpointRow;
  secret: string;
}

/** Every end of a job is matched with all endpoints of its user. */
const endpointsMax = 50;

/**
 * Makes an endpoint and its secret, once per idempotency key: a caller that lost the answer asks again and is told the same secret.
 * @throws AppError `conflict` when the user has too many
 */
export function createEndpoint(em: EntityManager, { userId, request, idempotencyKey, vault }: CreateEndpoint): Promise<EndpointWithSecret> {
  const { name, url, event_types: eventTypes } = request;
  return inTransaction(em, async (tx) => {
    const { objectId } = await onceByKey(tx, { userId, route: 'webhook-endpoints', key: idempotencyKey, body: request }, async () => {
      await refuseTooMany(tx, userId);
      const id = newId('webhookEndpoint');
      const secret = newWebhookSecret();
      await execute(
        tx,
        sql`insert into webhook_endpoints (id, user_id, name, url, event_types, ciphertext, secret_hint)
            values (${id}, ${userId}, ${name}, ${new URL(url).href}, ${[...new Set(eventTypes)]}::text[], ${vault.seal(secret, id)}, ${hintOf(secret)})`,
      );
      await recordAction(tx, {
        actorId: userId,
        action: 'webhook_endpoint.create',
        objectId: id,
        details: { url, event_types: eventTypes },
      });
      return id;
    });
    const endpoint = await getEndpoint(tx, { userId, id: objectId });
    const [secret = ''] = openSecrets(vault, endpoint);
    return { endpoint, secret };
  });
}

async function refuseTooMany(tx: EntityManager, userId: string): Promise<void> {
  // Creates of one user wait here for one another.
  await execute(tx, sql`select from users where id = ${userId} for update`);
  const { count } = await one<{ count: number }>(
    tx,
    sql`select count(*)::int as count from webhook_endpoints where user_id = ${userId} and url is not null`,
  );
  if (count >= endpointsMax) throw new AppError('conflict', `You have ${count} webhook endpoints, and that is the most; delete one first.`);
}
