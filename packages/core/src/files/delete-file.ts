import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import { noSuchFile, type FileOwner } from './get-file.ts';
import { isVisible } from './stored-file.ts';

/**
 * Takes a file away from its user at once. Its content goes later: a batch that still reads it is not disturbed.
 * @throws AppError not_found
 */
export async function deleteFile(em: EntityManager, { fileId, userId }: FileOwner): Promise<void> {
  const deleted = await execute(
    em,
    sql`update files set deleted_at = now() where id = ${fileId} and user_id = ${userId} and ${isVisible} returning id`,
  );
  if (deleted.length === 0) throw noSuchFile(fileId);
}

/** Gives up a file that was reserved: what was written of it is removed by the next sweep. */
export async function dropFile(em: EntityManager, fileId: string): Promise<void> {
  await execute(em, sql`update files set deleted_at = coalesce(deleted_at, now()) where id = ${fileId}`);
}
