import type { ListQuery } from '@sluice/contract';
import { AppError, notFound } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from '../database/index.ts';
import { endpointOf, selectEndpoints, type EndpointOwner, type EndpointRow } from './endpoint-row.ts';

/**
 * One page of a user's endpoints and one row more, if there is one; the default row is not among them.
 * @throws AppError `invalid_request` for a cursor that is not one of them
 */
export async function listEndpoints(em: EntityManager, userId: string, { limit, after, order }: ListQuery): Promise<EndpointRow[]> {
  if (after !== undefined && !(await findEndpoint(em, { userId, id: after }))) {
    const fault = { path: 'after', message: 'is not the id of one of your webhook endpoints' };
    throw new AppError('invalid_request', `${fault.path}: ${fault.message}`, { param: fault.path, faults: [fault] });
  }
  const [isBeyond, direction] = order === 'asc' ? [sql`>`, sql`asc`] : [sql`<`, sql`desc`];
  const beyond = after === undefined ? sql`` : sql`and id ${isBeyond} ${after}`;
  return selectEndpoints(em, sql`where user_id = ${userId} and url is not null ${beyond} order by id ${direction} limit ${limit + 1}`);
}

async function findEndpoint(em: EntityManager, owner: EndpointOwner): Promise<EndpointRow | null> {
  const [endpoint = null] = await selectEndpoints(em, sql`where ${endpointOf(owner)}`);
  return endpoint;
}

/** @throws AppError `not_found`, the same for what is missing and for somebody else's */
export async function getEndpoint(em: EntityManager, owner: EndpointOwner): Promise<EndpointRow> {
  const endpoint = await findEndpoint(em, owner);
  if (!endpoint) throw notFound('webhook endpoint');
  return endpoint;
}
