import type { OrderObject } from '@sluice/contract';
import type { Order } from './orders.ts';

/** An order as callers see it. */
export function presentOrder({ id, userId, amount, note, createdBy, createdAt }: Order): OrderObject {
  return { id, object: 'order', user_id: userId, amount, note, created_by: createdBy, created_at: createdAt };
}
