import { AppError } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import type { DeliveryRow } from './delivery-row.ts';
import type { EndpointOwner } from './endpoint-row.ts';
import { getDelivery } from './list-deliveries.ts';
import { getEndpoint } from './list-endpoints.ts';

/**
 * Makes a delivery due now, whatever became of it: the same id, event and body, with the whole schedule before it again. Earlier
 * tries stay listed.
 * @throws AppError `not_found`; `conflict` when its endpoint is disabled
 */
export async function replayDelivery(em: EntityManager, owner: EndpointOwner, deliveryId: string): Promise<DeliveryRow> {
  const { disabledAt } = await getEndpoint(em, owner);
  await getDelivery(em, owner, deliveryId);
  if (disabledAt !== null)
    throw new AppError('conflict', 'This endpoint is disabled because it answered 410; update it to enable it again.');
  await execute(
    em,
    sql`update webhook_deliveries set status = 'pending', due_at = now(), window_from = now(), failures = 0, finished_at = null where id = ${deliveryId}`,
  );
  return getDelivery(em, owner, deliveryId);
}
