import type { ListQuery } from '@sluice/contract';
import { AppError } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { RawBuilder } from 'kysely';
import { execute, sql } from '../database/index.ts';

/**
 * The end of a statement on `rows` that reads one page by id, and one row more to know whether there is another. `rows` ends in
 * a condition, such as `from providers p where true`.
 * @throws AppError `invalid_request` for a cursor that is not one of the rows
 */
export async function pageAfter(
  em: EntityManager,
  rows: RawBuilder<unknown>,
  { limit, after, order }: ListQuery,
): Promise<RawBuilder<unknown>> {
  const isBeyond = order === 'asc' ? sql`>` : sql`<`;
  const direction = order === 'asc' ? sql`asc` : sql`desc`;
  const end = sql`order by id ${direction} limit ${limit + 1}`;
  if (after === undefined) return end;
  const found = await execute(em, sql`select 1 ${rows} and id = ${after}`);
  if (found.length > 0) return sql`and id ${isBeyond} ${after} ${end}`;
  const message = '`after` is not the id of an item of this list.';
  throw new AppError('invalid_request', message, { param: 'after', faults: [{ path: 'after', message: 'unknown cursor' }] });
}
