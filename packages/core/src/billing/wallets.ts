import { notFound } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import type { Wallet } from './wallet.ts';

const columns = sql`user_id as "userId", balance::text, held::text, (balance - held)::text as available, debt::text,
  open_jobs as "openJobs"`;

/**
 * Locks wallets until the transaction ends, by user id, so that callers who want the same ones wait and never deadlock. Whoever
 * locks jobs too does it before, and totals after. A user without a wallet is not in the map.
 */
export async function lockWallets(tx: EntityManager, userIds: string[]): Promise<Map<string, Wallet>> {
  const rows = await execute<Wallet>(
    tx,
    sql`select ${columns} from wallets where user_id = any(${userIds}) order by user_id for no key update`,
  );
  return new Map(rows.map((wallet) => [wallet.userId, wallet]));
}

/** Locks one wallet. Throws `not_found` for a user who does not exist. */
export async function lockWallet(tx: EntityManager, userId: string): Promise<Wallet> {
  const wallet = (await lockWallets(tx, [userId])).get(userId);
  if (!wallet) throw notFound('user');
  return wallet;
}

/** A user's wallet as it is now. Throws `not_found` for a user who does not exist. */
export async function getWallet(em: EntityManager, userId: string): Promise<Wallet> {
  const [wallet] = await execute<Wallet>(em, sql`select ${columns} from wallets where user_id = ${userId}`);
  if (!wallet) throw notFound('user');
  return wallet;
}
