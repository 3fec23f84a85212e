import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';

/** Gives a user an empty wallet. A user that has one keeps it. */
export async function createWallet(tx: EntityManager, userId: string): Promise<void> {
  await execute(tx, sql`insert into wallets (user_id) values (${userId}) on conflict do nothing`);
}
