import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';

/** A file that is not stored after this long was given up by a process that died. */
const writeWithinHours = 24;

/**
 * Ids of files that are deleted, expired or were never finished, and that no running batch reads. None of them comes back, so
 * whoever sees one may remove its content, and then its row with `forgetFiles`; a crash between the two is made good next time.
 */
export async function findRemovableFiles(em: EntityManager, limit: number): Promise<string[]> {
  const rows = await execute<{ id: string }>(
    em,
    sql`select id from files
        where (deleted_at is not null or expires_at <= now() or (stored_at is null and created_at < now() - make_interval(hours => ${writeWithinHours})))
          and not exists (select 1 from batches where input_file_id = files.id and phase is not null)
        order by id limit ${limit}`,
  );
  return rows.map(({ id }) => id);
}

/** Removes the rows of files whose content is gone. */
export async function forgetFiles(em: EntityManager, ids: string[]): Promise<void> {
  await execute(em, sql`delete from files where id = any(${ids})`);
}
