import type { JobListQuery } from '@sluice/contract';
import { AppError } from '@sluice/platform';
import type { EntityManager, FilterQuery } from '@mikro-orm/postgresql';
import { Job } from './job.entity.ts';
import type { JobView } from './job-view.ts';

/**
 * One page of a user's jobs and one row more, if there is one.
 * @throws AppError invalid_request for a cursor that is not one of the user's jobs
 */
export async function listJobs(em: EntityManager, userId: string, query: JobListQuery): Promise<JobView[]> {
  const { limit, after, order, status, model, batch_id: batchId, created_after: createdAfter } = query;
  if (after !== undefined && (await em.count(Job, { id: after, userId })) === 0) {
    throw new AppError('invalid_request', '`after` is not the id of one of your jobs.', {
      param: 'after',
      faults: [{ path: 'after', message: 'unknown cursor' }],
    });
  }
  const where: FilterQuery<Job> = {
    userId,
    ...(after !== undefined && { id: order === 'desc' ? { $lt: after } : { $gt: after } }),
    ...(status !== undefined && { status }),
    ...(model !== undefined && { model }),
    ...(batchId !== undefined && { batchId }),
    ...(createdAfter !== undefined && { createdAt: { $gt: new Date(createdAfter) } }),
  };
  return em.find(Job, where, { orderBy: { id: order }, limit: limit + 1 });
}
