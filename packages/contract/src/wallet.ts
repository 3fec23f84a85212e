import { z } from 'zod';
import { Credits, PositiveCredits } from './credits.ts';
import { ListQuery } from './lists.ts';
import { text } from './text.ts';

const time = z.iso.datetime();
const userId = z.string().min(1).max(64);

/** What a user has: `available` is `balance` less `held`. Debt is what jobs cost beyond that; any credit pays it first. */
export const WalletObject = z
  .object({
    object: z.literal('wallet'),
    balance: Credits,
    held: Credits,
    available: Credits,
    debt: Credits,
    open_jobs: z.int().nonnegative(),
  })
  .meta({ id: 'Wallet' });
export type WalletObject = z.infer<typeof WalletObject>;

export const TransferKind = z.enum(['recharge', 'usage', 'usage_uncollected', 'debt_repay', 'adjustment']);
export type TransferKind = z.infer<typeof TransferKind>;

/** `wallet` and `receivable` (the debt) are the user's accounts, the others are the operator's. */
export const Account = z.enum(['wallet', 'receivable', 'revenue', 'cash_clearing', 'adjustment']);
export type Account = z.infer<typeof Account>;

/** One row of the ledger: `amount` went from the account `debit` to the account `credit`. */
export const TransferObject = z
  .object({
    id: z.string(),
    object: z.literal('transfer'),
    user_id: z.string(),
    kind: TransferKind,
    debit: Account,
    credit: Account,
    amount: Credits,
    job_id: z.string().nullable(),
    order_id: z.string().nullable(),
    note: z.string(),
    created_at: time,
  })
  .meta({ id: 'Transfer' });
export type TransferObject = z.infer<typeof TransferObject>;

/** A recharge of a user's wallet by an administrator. */
export const CreateOrderRequest = z
  .strictObject({ user_id: userId, amount: PositiveCredits, note: text(500).default('') })
  .meta({ id: 'CreateOrder' });
export type CreateOrderRequest = z.infer<typeof CreateOrderRequest>;

export const OrderObject = z
  .object({
    id: z.string(),
    object: z.literal('order'),
    user_id: z.string(),
    amount: Credits,
    note: z.string(),
    created_by: z.string(),
    created_at: time,
  })
  .meta({ id: 'Order' });
export type OrderObject = z.infer<typeof OrderObject>;

/** `format=csv` answers every order, not a page. */
export const OrderListQuery = ListQuery.extend({ user_id: userId.optional(), format: z.enum(['json', 'csv']).default('json') });
export type OrderListQuery = z.infer<typeof OrderListQuery>;

/** Gives or takes credits outside of orders and jobs. The reason is kept on the transfer. */
export const AdjustmentRequest = z
  .strictObject({
    user_id: userId,
    amount: z
      .string()
      .regex(/^-?\d{1,16}(\.\d{1,4})?$/, { error: 'must be a decimal string such as "-12.5", with at most 4 places' })
      .refine((value) => /[1-9]/.test(value), { error: 'must not be 0' })
      .meta({ description: 'Negative takes credits away, never more than are available', examples: ['-12.5'] }),
    reason: text(500).refine((value) => value.trim() !== '', { error: 'must say why' }),
  })
  .meta({ id: 'CreateAdjustment' });
export type AdjustmentRequest = z.infer<typeof AdjustmentRequest>;
