import type { EntityManager } from '@mikro-orm/postgresql';
import { Job } from './job.entity.ts';
import type { JobView } from './job-view.ts';
import type { SurfaceName } from './surface.ts';

export interface SurfaceQuery {
  userId: string;
  jobIds: string[];
  surface: SurfaceName;
}

/** A job with one of the parts that other readers do without, because it may be large. */
export interface WithPart {
  job: JobView;
  part: unknown;
}

/** Those of a user's jobs that were asked through this door and whose content is still there. */
export async function findSurfaceJobs(
  em: EntityManager,
  { userId, jobIds, surface }: SurfaceQuery,
  part: 'surfaceEcho' | 'surfaceInput',
): Promise<WithPart[]> {
  if (jobIds.length === 0) return [];
  const jobs = await em.find(Job, { id: { $in: jobIds }, userId, surface, deletedAt: null }, { populate: [part] });
  return jobs.map((job) => ({ job, part: job[part] }));
}
