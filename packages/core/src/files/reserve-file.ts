import { newId } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';

/**
 * The id of a file whose content is about to be written. Its row comes first: if the writer dies, the content is known and will
 * be removed. Nobody sees it before `completeFile`.
 */
export async function reserveFile(em: EntityManager, userId: string, now: Date): Promise<string> {
  const id = newId('file', now.getTime());
  await execute(em, sql`insert into files (id, user_id) values (${id}, ${userId})`);
  return id;
}
