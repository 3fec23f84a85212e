import type { AuditEntryObject, ListQuery } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';

/** What was changed, a page at a time: one row more than the limit when there are more. */
export function listActions(em: EntityManager, { limit, after, order }: ListQuery): Promise<AuditEntryObject[]> {
  const direction = order === 'asc' ? sql`asc` : sql`desc`;
  const isBeyond = order === 'asc' ? sql`>` : sql`<`;
  const cursor = after !== undefined && /^\d{1,18}$/.test(after) ? sql`where id ${isBeyond} ${after}::bigint` : sql``;
  return execute<AuditEntryObject>(
    em,
    sql`select id::text, 'audit_entry' as object, actor_id, action, object_id, details,
               to_char(created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as created_at
        from audit_log ${cursor} order by audit_log.id ${direction} limit ${limit + 1}`,
  );
}
