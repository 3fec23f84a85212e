import { notFound } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from '../database/index.ts';
import { findJobRows } from './find-job-rows.ts';
import { Job } from './job.entity.ts';
import type { JobView } from './job-view.ts';

export interface JobOwner {
  jobId: string;
  userId: string;
}

/**
 * A job of this user, as its row is now.
 * @throws AppError not_found, the same for what is missing and what is somebody else's
 */
export async function getJob(em: EntityManager, { jobId, userId }: JobOwner): Promise<JobView> {
  const [job] = await findJobRows(em, sql`id = ${jobId} and user_id = ${userId}`);
  if (!job) throw notFound('job');
  return job;
}

/** Jobs by their ids, each with what its object repeats of the request; for readers that were let in already. */
export async function findJobs(em: EntityManager, jobIds: string[]): Promise<Map<string, JobView & { surfaceEcho: unknown }>> {
  if (jobIds.length === 0) return new Map();
  const jobs = await em.fork().find(Job, { id: { $in: jobIds } }, { populate: ['surfaceEcho'] });
  return new Map(jobs.map((job) => [job.id, job]));
}

/** Any job by its id, for workers and followers that were let in already. */
export async function findJob(em: EntityManager, jobId: string): Promise<JobView | null> {
  const [job] = await findJobRows(em, sql`id = ${jobId}`);
  return job ?? null;
}
