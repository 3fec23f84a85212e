import type { AuditEntryObject, ListQuery } from '@sluice/contract';
import { AppError } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';

/**
 * One page of what was changed and one row more, if there is one.
 * @throws AppError `invalid_request` for an unknown cursor
 */
export async function listActions(em: EntityManager, { limit, after, order }: ListQuery): Promise<AuditEntryObject[]> {
  if (after !== undefined) await checkCursor(em, after);
  const isBeyond = order === 'asc' ? sql`>` : sql`<`;
  const direction = order === 'asc' ? sql`asc` : sql`desc`;
  return execute<AuditEntryObject>(
    em,
    sql`select id::text, 'audit_entry' as object, actor_id, action, object_id, details,
               to_char(created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as created_at
        from audit_log ${after === undefined ? sql`` : sql`where id ${isBeyond} ${after}::bigint`}
        order by audit_log.id ${direction} limit ${limit + 1}`,
  );
}

async function checkCursor(em: EntityManager, after: string): Promise<void> {
  const found = /^\d{1,18}$/.test(after) && (await execute(em, sql`select id from audit_log where id = ${after}::bigint`)).length > 0;
  if (found) return;
  const message = '`after` is not the id of an item of this list.';
  throw new AppError('invalid_request', message, { param: 'after', faults: [{ path: 'after', message: 'unknown cursor' }] });
}
