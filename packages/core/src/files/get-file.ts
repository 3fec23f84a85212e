import { AppError } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import { fileColumns, isVisible, type StoredFile } from './stored-file.ts';

export interface FileOwner {
  fileId: string;
  userId: string;
}

/**
 * A file of this user.
 * @throws AppError not_found, the same for what is missing, expired, deleted and somebody else's
 */
export async function getFile(em: EntityManager, owner: FileOwner): Promise<StoredFile> {
  const file = await findFile(em, owner);
  if (!file) throw noSuchFile(owner.fileId);
  return file;
}

export async function findFile(em: EntityManager, { fileId, userId }: FileOwner): Promise<StoredFile | null> {
  const [file] = await execute(
    em,
    sql<StoredFile>`select ${fileColumns} from files where id = ${fileId} and user_id = ${userId} and ${isVisible}`,
  );
  return file ?? null;
}

export function noSuchFile(fileId: string, param = 'id'): AppError {
  return new AppError('not_found', `No such File object: ${fileId}`, { param });
}
