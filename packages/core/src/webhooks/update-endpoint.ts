import type { UpdateWebhookEndpointRequest } from '@sluice/contract';
import { AppError, notFound } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { recordAction } from '../audit-log/index.ts';
import { execute, inTransaction, sql } from '../database/index.ts';
import { defaultEndpointName, type EndpointOwner, type EndpointRow } from './endpoint-row.ts';
import { getEndpoint } from './list-endpoints.ts';

/**
 * Changes what is given and enables the endpoint again, if it was disabled: whoever changes it has looked at it.
 * @throws AppError `not_found`; `conflict` for the default row, which has nothing to change
 */
export async function updateEndpoint(em: EntityManager, owner: EndpointOwner, request: UpdateWebhookEndpointRequest): Promise<EndpointRow> {
  refuseDefault(owner);
  const { name, url, event_types: eventTypes } = request;
  return inTransaction(em, async (tx) => {
    const updated = await execute(
      tx,
      sql`update webhook_endpoints set name = coalesce(${name ?? null}, name), url = coalesce(${url === undefined ? null : new URL(url).href}, url),
            event_types = coalesce(${eventTypes ? [...new Set(eventTypes)] : null}::text[], event_types), disabled_at = null, updated_at = now()
          where id = ${owner.id} and user_id = ${owner.userId} and url is not null returning id`,
    );
    if (updated.length === 0) throw notFound('webhook endpoint');
    await recordAction(tx, { actorId: owner.userId, action: 'webhook_endpoint.update', objectId: owner.id, details: request });
    return getEndpoint(tx, owner);
  });
}

/** @throws AppError `conflict` */
export function refuseDefault({ id }: EndpointOwner): void {
  if (id === defaultEndpointName)
    throw new AppError('conflict', 'The default endpoint has no URL of its own; only its secret can be rotated.');
}
