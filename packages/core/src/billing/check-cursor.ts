import { AppError } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { RawBuilder } from 'kysely';
import { execute, sql } from '../database/index.ts';

/** Refuses a list cursor that this query does not find: another list's, another user's, or none at all. */
export async function checkCursor(em: EntityManager, row: RawBuilder<unknown>): Promise<void> {
  const found = await execute(em, sql`select 1 from (${row}) as row`);
  if (found.length > 0) return;
  throw new AppError('invalid_request', '`after` is not the id of an item of this list.', {
    param: 'after',
    faults: [{ path: 'after', message: 'unknown cursor' }],
  });
}
