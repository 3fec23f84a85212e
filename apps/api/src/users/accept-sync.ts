import { SyncUserRow, type SyncUsersResult } from '@sluice/contract';
import { presentUser, syncUsers, type Database, type User } from '@sluice/core';
import { AppError } from '@sluice/platform';
import { presentError } from '../http/errors.ts';
import { parse } from '../http/parse.ts';

interface Sync {
  db: Database;
  actorId: string;
  rows: unknown[];
  requestId: string;
  now: Date;
}

type SyncRowResult = SyncUsersResult['data'][number];

/** Syncs rows that each stand alone: a bad one is answered with its error and changes nothing for the others. */
export async function acceptSync({ db, actorId, rows, requestId, now }: Sync): Promise<SyncRowResult[]> {
  const parsed = rows.map(tryParse);
  const good = parsed.filter((row): row is SyncUserRow => !(row instanceof AppError));
  const synced = good.length > 0 ? await syncUsers(db.em(), { actorId, rows: good, now }) : [];
  let next = 0;
  const results = parsed.map((row) => (row instanceof AppError ? row : (synced[next++] as User | AppError)));
  return results.map((result, index) => presentRow(result, index, requestId));
}

function tryParse(row: unknown): SyncUserRow | AppError {
  try {
    return parse(SyncUserRow, row);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

function presentRow(result: User | AppError, index: number, requestId: string): SyncRowResult {
  if (!(result instanceof AppError)) return { index, user: presentUser(result) };
  const { error, errors } = presentError(result, requestId);
  return { index, error, errors };
}
