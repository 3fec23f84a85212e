import type { Account, ListQuery, TransferKind } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, one, sql } from '../database/index.ts';
import { checkCursor } from './check-cursor.ts';
import { isoTime } from './iso-time.ts';

/** One row of the ledger: `amount`, a decimal string, went from `debit` to `credit`. */
export interface Transfer {
  id: string;
  userId: string;
  kind: TransferKind;
  debit: Account;
  credit: Account;
  amount: string;
  jobId: string | null;
  orderId: string | null;
  note: string;
  /** ISO-8601, UTC. */
  createdAt: string;
}

const columns = sql`id, user_id as "userId", kind, debit, credit, amount::text, job_id as "jobId", order_id as "orderId", note,
  ${isoTime(sql`created_at`)} as "createdAt"`;

/** The transfer with this id, which there must be. */
export function getTransfer(em: EntityManager, id: string): Promise<Transfer> {
  return one<Transfer>(em, sql`select ${columns} from transfers where id = ${id}`);
}

/**
 * One page of a user's transfers and one row more, if there is one.
 * @throws AppError `invalid_request` for a cursor that is not one of them
 */
export async function listTransfers(em: EntityManager, userId: string, { limit, after, order }: ListQuery): Promise<Transfer[]> {
  const ofUser = sql`select ${columns} from transfers where user_id = ${userId}`;
  if (after !== undefined) await checkCursor(em, sql`${ofUser} and id = ${after}`);
  const page = after === undefined ? sql`` : order === 'asc' ? sql`and id > ${after}` : sql`and id < ${after}`;
  return execute<Transfer>(em, sql`${ofUser} ${page} order by id ${order === 'asc' ? sql`asc` : sql`desc`} limit ${limit + 1}`);
}
