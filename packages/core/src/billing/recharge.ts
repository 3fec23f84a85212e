import { newId } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { recordAction } from '../audit-log/index.ts';
import { execute, inTransaction, sql } from '../database/index.ts';
import { onceByKey } from '../idempotency/index.ts';
import { creditWallet } from './credit-wallet.ts';
import { parseCredits } from './decimal.ts';
import { getOrder, type Order } from './orders.ts';
import { lockWallet } from './wallets.ts';

export interface RechargeRequest {
  userId: string;
  /** More than 0. */
  amount: string;
  note: string;
  /** The administrator who asks; idempotency keys are theirs. */
  createdBy: string;
  idempotencyKey: string | null;
  now: Date;
}

/**
 * Recharges a wallet: one transaction writes the order, its transfer and the balance; debt is paid first. The same idempotency
 * key with the same body answers the same order, also to callers that race.
 * @throws AppError `not_found` for an unknown user, `idempotency_mismatch`, `conflict` when the wallet would overflow
 */
export function recharge(em: EntityManager, { userId, amount, note, createdBy, idempotencyKey, now }: RechargeRequest): Promise<Order> {
  const units = parseCredits(amount);
  return inTransaction(em, async (tx) => {
    const once = { userId: createdBy, route: 'orders', key: idempotencyKey, body: { userId, amount: units.toString(), note } };
    const { objectId } = await onceByKey(tx, once, async () => {
      const wallet = await lockWallet(tx, userId);
      const orderId = newId('order', now.getTime());
      await execute(
        tx,
        sql`insert into orders (id, user_id, amount, note, created_by, created_at)
            values (${orderId}, ${userId}, ${amount}, ${note}, ${createdBy}, ${now})`,
      );
      await creditWallet(tx, wallet, { way: 'recharge', amount: units, orderId, note });
      await recordAction(tx, { actorId: createdBy, action: 'order.create', objectId: orderId, details: { user_id: userId, amount } });
      return orderId;
    });
    return getOrder(tx, objectId);
  });
}
