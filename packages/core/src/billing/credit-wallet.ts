import { AppError } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { changeWallets } from './change-wallets.ts';
import { insertTransfers, type NewTransfer } from './insert-transfers.ts';
import { planRepayment } from './plan-settlement.ts';
import { fundsOf, type Wallet } from './wallet.ts';

/** `numeric(20,4)` ends here. */
const balanceLimit = 10n ** 20n;

/**
 * Puts credits into a wallet that the caller has locked, and pays its debt first: the one way in for every credit. Answers the
 * id of the transfer.
 * @throws AppError `conflict` when the wallet cannot hold as much
 */
export async function creditWallet(tx: EntityManager, wallet: Wallet, transfer: Omit<NewTransfer, 'userId'>): Promise<string> {
  const { userId } = wallet;
  const { amount, orderId } = transfer;
  const funds = fundsOf(wallet);
  if (funds.balance + amount >= balanceLimit)
    throw new AppError('conflict', 'The wallet cannot hold that many credits.', { param: 'amount' });
  const { repaid } = planRepayment({ ...funds, balance: funds.balance + amount });
  const repayment: NewTransfer = { way: 'debtRepay', userId, amount: repaid, ...(orderId !== undefined && { orderId }) };
  const [transferId] = await insertTransfers(tx, [{ ...transfer, userId }, repayment]);
  await changeWallets(tx, [{ userId, balance: amount - repaid, debt: -repaid }]);
  if (transferId === undefined) throw new Error('a credit of 0 was asked for');
  return transferId;
}
