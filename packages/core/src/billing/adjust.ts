import { AppError } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { recordAction } from '../audit-log/index.ts';
import { inTransaction } from '../database/index.ts';
import { onceByKey } from '../idempotency/index.ts';
import { changeWallets } from './change-wallets.ts';
import { creditWallet } from './credit-wallet.ts';
import { parseCredits } from './decimal.ts';
import { insertTransfers } from './insert-transfers.ts';
import { getTransfer, type Transfer } from './transfers.ts';
import type { Wallet } from './wallet.ts';
import { lockWallet } from './wallets.ts';

export interface AdjustmentDraft {
  userId: string;
  /** Not 0; negative takes credits away. */
  amount: string;
  /** Why, for the ledger. */
  note: string;
  /** The administrator who asks; idempotency keys are theirs. */
  createdBy: string;
  idempotencyKey: string | null;
}

/**
 * Gives or takes credits outside of orders and jobs. What is given pays debt first; nothing is taken that is held or not there.
 * @throws AppError `not_found` for an unknown user, `idempotency_mismatch`, `conflict` when less is available than is to be taken
 */
export function adjust(em: EntityManager, { userId, amount, note, createdBy, idempotencyKey }: AdjustmentDraft): Promise<Transfer> {
  const units = parseCredits(amount);
  return inTransaction(em, async (tx) => {
    const once = { userId: createdBy, route: 'adjustments', key: idempotencyKey, body: { userId, amount: units.toString(), note } };
    const { objectId } = await onceByKey(tx, once, async () => {
      const wallet = await lockWallet(tx, userId);
      const isCredit = units > 0n;
      const transferId = isCredit
        ? await creditWallet(tx, wallet, { way: 'adjustUp', amount: units, note })
        : await takeBack(tx, wallet, -units, note);
      await recordAction(tx, {
        actorId: createdBy,
        action: 'adjustment.create',
        objectId: transferId,
        details: { user_id: userId, amount, note },
      });
      return transferId;
    });
    return getTransfer(tx, objectId);
  });
}

async function takeBack(tx: EntityManager, { userId, available }: Wallet, amount: bigint, note: string): Promise<string> {
  if (amount > parseCredits(available))
    throw new AppError('conflict', `Only ${available} credits are available to be taken.`, { param: 'amount' });
  const [transferId] = await insertTransfers(tx, [{ way: 'adjustDown', userId, amount, note }]);
  await changeWallets(tx, [{ userId, balance: -amount }]);
  if (transferId === undefined) throw new Error('an adjustment of 0 was asked for');
  return transferId;
}
