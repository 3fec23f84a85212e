import type { JobPriority, TokenCounts } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../../database/index.ts';
import type { JobDraft } from '../plan-job.ts';

/** The job that answers a question, as its row is now. */
export interface CachedJob {
  jobId: string;
  /** `useless`: it ended without an answer that may be taken, or the answer was deleted. */
  state: 'queued' | 'running' | 'answered' | 'useless';
  priority: JobPriority;
  /** Seconds since its end; null while it is open. */
  ageS: number | null;
  /** For how long its answer is taken. */
  ttlS: number;
  tokens: TokenCounts;
}

/** Looks up the jobs that answer what these ask, by their keys. No statement when none of them uses the cache. */
export async function findCached(tx: EntityManager, drafts: JobDraft[]): Promise<Map<string, CachedJob>> {
  const keys = new Set(drafts.flatMap(({ cache }) => (cache ? [cache.key] : [])));
  if (keys.size === 0) return new Map();
  const rows = await execute<CachedJob & { key: string }>(
    tx,
    sql`select encode(key, 'hex') as key, job_id as "jobId", priority, coalesce(cache_ttl_s, 0) as "ttlS",
          extract(epoch from now() - finished_at)::float8 as "ageS",
          case when status in ('queued', 'running') then status when ${isAnswered} then 'answered' else 'useless' end as state,
          json_build_object('input_tokens', input_tokens, 'cached_input_tokens', cached_input_tokens, 'output_tokens', output_tokens,
            'reasoning_tokens', reasoning_tokens) as tokens
        from cached_results join jobs on jobs.id = job_id
        where key in (select decode(k, 'hex') from unnest(${[...keys]}::text[]) as k)`,
  );
  return new Map(rows.map(({ key, ...job }) => [key, job]));
}

/** Only what was completed is taken, and only while it is there. */
const isAnswered = sql`(status = 'completed' and deleted_at is null)`;
