import type { EntityManager } from '@mikro-orm/postgresql';
import type { OrderListQuery } from '@sluice/contract';
import { execute, one, sql } from '../database/index.ts';
import { checkCursor } from './check-cursor.ts';
import { isoTime } from './iso-time.ts';

/** A recharge: `amount` is a decimal string with 4 places. */
export interface Order {
  id: string;
  userId: string;
  amount: string;
  note: string;
  createdBy: string;
  /** ISO-8601, UTC. */
  createdAt: string;
}

const columns = sql`id, user_id as "userId", amount::text, note, created_by as "createdBy", ${isoTime(sql`created_at`)} as "createdAt"`;

/** The order with this id, which there must be. */
export function getOrder(em: EntityManager, id: string): Promise<Order> {
  return one<Order>(em, sql`select ${columns} from orders where id = ${id}`);
}

export type OrderPage = Omit<OrderListQuery, 'format'>;

/**
 * One page of all orders, or of one user's, and one row more, if there is one.
 * @throws AppError `invalid_request` for a cursor that is not one of them
 */
export async function listOrders(em: EntityManager, { limit, after, order, user_id: userId }: OrderPage): Promise<Order[]> {
  const all = sql`select ${columns} from orders where ${userId === undefined ? sql`true` : sql`user_id = ${userId}`}`;
  if (after !== undefined) await checkCursor(em, sql`${all} and id = ${after}`);
  const page = after === undefined ? sql`` : order === 'asc' ? sql`and id > ${after}` : sql`and id < ${after}`;
  return execute<Order>(em, sql`${all} ${page} order by id ${order === 'asc' ? sql`asc` : sql`desc`} limit ${limit + 1}`);
}
