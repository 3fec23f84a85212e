import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from '../../database/index.ts';
import { findJobRows } from '../find-job-rows.ts';
import type { JobView } from '../job-view.ts';
import type { JobDraft } from '../plan-job.ts';
import { answerTwins } from './answer-twins.ts';
import type { Lead } from './decide-place.ts';
import { takeLead } from './take-lead.ts';

/** What a submit has read of the cache no longer holds. Its code makes the transaction run again, and read anew. */
class CacheMoved extends Error {
  override readonly name = 'CacheMoved';
  readonly code = '40001';
}

/**
 * Brings jobs that were just written to their places in the cache: some lead from now on, some have their answer at once. Answers
 * the latter as their rows are then. No statement when none uses the cache.
 */
export async function placeDrafts(tx: EntityManager, hits: JobDraft[], leads: Lead[]): Promise<Map<string, JobView>> {
  const won = await takeLead(tx, leads);
  if (won.size < leads.length) throw new CacheMoved('another job leads meanwhile');
  if (hits.length === 0) return new Map();
  const ids = hits.map(({ id }) => id);
  const answered = await answerTwins(tx, sql`twin.id = any(${ids})`, ids.length);
  if (answered.length < ids.length) throw new CacheMoved('an answer was deleted meanwhile');
  const jobs = await findJobRows(tx, sql`id = any(${ids})`);
  return new Map(jobs.map((job) => [job.id, job]));
}
