import type { UsageRecord } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { isoTime } from '../billing/index.ts';
import { execute, sql } from '../database/index.ts';
import type { UsageWindow } from './usage-window.ts';

export interface RecordsQuestion extends UsageWindow {
  /** Null: of all users. */
  userId: string | null;
}

interface RecordRow extends UsageRecord {
  /** `settled_at` with its microseconds. */
  cursor: string;
}

const pageSize = 1000;

/**
 * Settled jobs of a window, oldest first, a page at a time: memory is one page, and no transaction stays open while a slow
 * reader takes it.
 */
export async function* readUsageRecords(em: EntityManager, question: RecordsQuestion): AsyncGenerator<UsageRecord[]> {
  for (let last: RecordRow | undefined; ;) {
    const page: RecordRow[] = await readPage(em, question, last);
    if (page.length > 0) yield page.map(({ cursor: _cursor, ...record }) => record);
    last = page.at(-1);
    if (page.length < pageSize) return;
  }
}

function readPage(em: EntityManager, { userId, from, to }: RecordsQuestion, last: RecordRow | undefined): Promise<RecordRow[]> {
  return execute<RecordRow>(
    em,
    sql`select job_id, s.user_id, ${isoTime(sql`settled_at`)} as settled_at, settled_at::text as cursor,
          jobs.model, coalesce(routes -> route ->> 'provider', provider_id) as provider, outcome, s.usage_source,
          s.input_tokens::float8 as input_tokens, s.cached_input_tokens::float8 as cached_input_tokens,
          s.output_tokens::float8 as output_tokens, s.reasoning_tokens::float8 as reasoning_tokens,
          s.cost::text, s.price_id, s.price_factor::text, jobs.batch_id, jobs.conversation_id
        from settlements s join jobs on jobs.id = s.job_id
        where s.settled_at >= ${from} and s.settled_at < ${to} ${userId === null ? sql`` : sql`and s.user_id = ${userId}`}
          ${last ? sql`and (s.settled_at, s.job_id) > (${last.cursor}::timestamptz, ${last.job_id})` : sql``}
        order by s.settled_at, s.job_id limit ${pageSize}`,
  );
}
