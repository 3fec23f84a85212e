import { notFound } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { recordAction } from '../audit-log/index.ts';
import { execute, inTransaction, sql } from '../database/index.ts';
import type { EndpointOwner } from './endpoint-row.ts';
import { refuseDefault } from './update-endpoint.ts';

/**
 * Removes an endpoint, its secrets and its deliveries. A try that is under way may still arrive.
 * @throws AppError `not_found`; `conflict` for the default row
 */
export async function deleteEndpoint(em: EntityManager, owner: EndpointOwner): Promise<void> {
  refuseDefault(owner);
  await inTransaction(em, async (tx) => {
    const deleted = await execute(
      tx,
      sql`delete from webhook_endpoints where id = ${owner.id} and user_id = ${owner.userId} and url is not null returning id`,
    );
    if (deleted.length === 0) throw notFound('webhook endpoint');
    await recordAction(tx, { actorId: owner.userId, action: 'webhook_endpoint.delete', objectId: owner.id });
    await execute(tx, sql`delete from webhook_deliveries where endpoint_id = ${owner.id}`);
  });
}
