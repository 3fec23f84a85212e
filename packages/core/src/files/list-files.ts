import type { FileListQuery } from '@sluice/contract';
import { AppError } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import { fileColumns, isVisible, type StoredFile } from './stored-file.ts';

/**
 * One page of a user's files and one more, if there is one.
 * @throws AppError invalid_request for a cursor that was never one of the user's files
 */
export async function listFiles(em: EntityManager, userId: string, { purpose, limit, order, after }: FileListQuery): Promise<StoredFile[]> {
  const isDescending = order === 'desc';
  if (after !== undefined) await checkCursor(em, userId, after);
  return execute(
    em,
    sql<StoredFile>`select ${fileColumns} from files
        where user_id = ${userId} and ${isVisible} ${purpose === undefined ? sql`` : sql`and purpose = ${purpose}`}
          ${after === undefined ? sql`` : isDescending ? sql`and id < ${after}` : sql`and id > ${after}`}
        order by id ${isDescending ? sql`desc` : sql`asc`} limit ${limit + 1}`,
  );
}

/** A file that was deleted meanwhile is still a place in the list. */
async function checkCursor(em: EntityManager, userId: string, after: string): Promise<void> {
  if (/^file-[0-9a-z]{26}$/.test(after)) {
    const others = await execute(em, sql`select id from files where id = ${after} and user_id <> ${userId}`);
    if (others.length === 0) return;
  }
  throw new AppError('invalid_request', '`after` is not the id of one of your files.', {
    param: 'after',
    faults: [{ path: 'after', message: 'unknown cursor' }],
  });
}
