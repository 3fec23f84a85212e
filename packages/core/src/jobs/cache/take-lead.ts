import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../../database/index.ts';
import type { Lead } from './decide-place.ts';

/**
 * Makes jobs the ones that answer their questions, each a compare-and-set on whom it replaces; answers those that won. The rows
 * of the jobs are there. One that lost has to look again: somebody else answers its question meanwhile.
 */
export async function takeLead(tx: EntityManager, leads: Lead[]): Promise<Set<string>> {
  if (leads.length === 0) return new Set();
  const won = await execute<{ jobId: string }>(
    tx,
    sql`with lead as (
          select cache_key as key, jobs.id, "insteadOf", deadline_at + make_interval(secs => cache_ttl_s) as expires_at
          from json_to_recordset(${JSON.stringify(leads)}::json) as l ("jobId" text, "insteadOf" text) join jobs on jobs.id = "jobId"
        ), first as (
          insert into cached_results (key, job_id, expires_at) select key, id, expires_at from lead order by key
          on conflict (key) do nothing returning job_id
        ), next as (
          update cached_results c set job_id = lead.id, expires_at = lead.expires_at
          from lead where c.key = lead.key and c.job_id = lead."insteadOf" returning c.job_id
        )
        select job_id as "jobId" from first union all select job_id from next`,
  );
  return new Set(won.map(({ jobId }) => jobId));
}
