import type { ListQuery } from '@sluice/contract';
import { AppError, notFound } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from '../database/index.ts';
import { selectDeliveries, type DeliveryRow } from './delivery-row.ts';
import type { EndpointOwner } from './endpoint-row.ts';
import { getEndpoint } from './list-endpoints.ts';

/**
 * One page of what was or is due at an endpoint, with every try, and one row more, if there is one.
 * @throws AppError `not_found` for the endpoint; `invalid_request` for a cursor that is not one of its deliveries
 */
export async function listDeliveries(em: EntityManager, owner: EndpointOwner, { limit, after, order }: ListQuery): Promise<DeliveryRow[]> {
  const { id: endpointId } = await getEndpoint(em, owner);
  if (after !== undefined && (await selectDeliveries(em, endpointId, sql`and d.id = ${after}`)).length === 0) {
    const fault = { path: 'after', message: 'is not the id of a delivery of this endpoint' };
    throw new AppError('invalid_request', `${fault.path}: ${fault.message}`, { param: fault.path, faults: [fault] });
  }
  const [isBeyond, direction] = order === 'asc' ? [sql`>`, sql`asc`] : [sql`<`, sql`desc`];
  const beyond = after === undefined ? sql`` : sql`and d.id ${isBeyond} ${after}`;
  return selectDeliveries(em, endpointId, sql`${beyond} order by d.id ${direction} limit ${limit + 1}`);
}

/** @throws AppError `not_found` for the endpoint, and for a delivery that is not one of it */
export async function getDelivery(em: EntityManager, owner: EndpointOwner, deliveryId: string): Promise<DeliveryRow> {
  const { id: endpointId } = await getEndpoint(em, owner);
  const [delivery] = await selectDeliveries(em, endpointId, sql`and d.id = ${deliveryId}`);
  if (!delivery) throw notFound('webhook delivery');
  return delivery;
}
