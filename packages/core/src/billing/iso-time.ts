import type { RawBuilder } from 'kysely';
import { sql } from '../database/index.ts';

/** A column of times as ISO-8601 text in UTC with milliseconds, whatever the session's time zone. */
export function isoTime(column: RawBuilder<unknown>): RawBuilder<string> {
  return sql<string>`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
