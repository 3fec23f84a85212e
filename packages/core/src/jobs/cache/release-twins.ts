import type { EntityManager } from '@mikro-orm/postgresql';
import type { RawBuilder } from 'kysely';
import { execute, sql } from '../../database/index.ts';
import { firstLookS } from '../insert-jobs.ts';
import { planMessage, type LaneMessagePlan, type WaitingJob } from '../plan-message.ts';
import { takeLead } from './take-lead.ts';

/** What waits is looked at again after a second, then after twice as long, up to this. */
const longestLookS = 8;

interface WaitingTwin {
  jobId: string;
  key: string;
  cachedFrom: string;
  isLeaderOpen: boolean;
}

/**
 * Looks after jobs whose answer did not come: those whose leader still runs wait on; of those whose leader ended without an
 * answer, the first and most urgent of each question runs, and the others wait for it. Answers the messages of those that run. Whoever
 * does the same at the same time finds the lead taken, and the rest waits for whoever has it.
 */
export async function releaseTwins(tx: EntityManager, which: RawBuilder<unknown>, limit: number): Promise<LaneMessagePlan[]> {
  const twins = await execute<WaitingTwin>(
    tx,
    sql`select twin.id as "jobId", encode(twin.cache_key, 'hex') as key, twin.cached_from as "cachedFrom",
          coalesce(leader.status in ('queued', 'running'), false) as "isLeaderOpen"
        from jobs twin left join jobs leader on leader.id = twin.cached_from
        where ${which} and twin.status = 'queued' and twin.deadline_at > now()
          and not coalesce(leader.status = 'completed' and leader.deleted_at is null, false)
        order by case twin.priority when 'interactive' then 0 when 'background' then 1 else 2 end, twin.id
        limit ${limit} for update of twin skip locked`,
  );
  await waitOn(
    tx,
    twins.filter(({ isLeaderOpen }) => isLeaderOpen),
  );
  return replaceLeaders(
    tx,
    twins.filter(({ isLeaderOpen }) => !isLeaderOpen),
  );
}

async function waitOn(tx: EntityManager, twins: WaitingTwin[]): Promise<void> {
  if (twins.length === 0) return;
  await execute(
    tx,
    sql`update jobs set looks = looks + 1, look_at = now() + make_interval(secs => least(2 ^ least(looks + 1, 10), ${longestLookS}))
        where id = any(${twins.map(({ jobId }) => jobId)})`,
  );
}

async function replaceLeaders(tx: EntityManager, twins: WaitingTwin[]): Promise<LaneMessagePlan[]> {
  if (twins.length === 0) return [];
  const heirs = new Map<string, WaitingTwin>();
  for (const twin of twins) if (!heirs.has(twin.key)) heirs.set(twin.key, twin);
  const won = await takeLead(
    tx,
    [...heirs.values()].map(({ jobId, cachedFrom }) => ({ jobId, insteadOf: cachedFrom })),
  );
  await followLeaders(tx, twins);
  return startLeaders(tx, [...won]);
}

/** Whoever leads now is told by the cache: an heir itself, or somebody who was faster. Nobody does when that was deleted just now. */
async function followLeaders(tx: EntityManager, twins: WaitingTwin[]): Promise<void> {
  await execute(
    tx,
    sql`update jobs set looks = 0, look_at = now() + interval '1 second', cached_from = coalesce(c.job_id, twin.cached_from)
        from jobs twin left join cached_results c on c.key = twin.cache_key
        where twin.id = any(${twins.map(({ jobId }) => jobId)}) and jobs.id = twin.id`,
  );
}

async function startLeaders(tx: EntityManager, jobIds: string[]): Promise<LaneMessagePlan[]> {
  if (jobIds.length === 0) return [];
  const started = await execute<WaitingJob>(
    tx,
    sql`with started as (
          update jobs set cached_from = null, looks = 0, look_at = now() + make_interval(secs => ${firstLookS})
          where id = any(${jobIds}) returning *
        )
        select started.id as "jobId", attempt, provider_id as "providerId", priority, wallets.open_jobs as "openJobs"
        from started join wallets using (user_id)`,
  );
  return started.map((job) => planMessage(job, 0));
}
