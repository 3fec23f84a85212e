import type { JobListQuery } from '@sluice/contract';
import { AppError } from '@sluice/platform';
import type { EntityManager, FilterQuery } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import { Job } from './job.entity.ts';
import type { JobResult } from './job-request.ts';
import type { JobView } from './job-view.ts';

/**
 * One page of a user's jobs and one row more, if there is one; embeddings without their output.
 * @throws AppError invalid_request for a cursor that is not one of the user's jobs
 */
export async function listJobs(em: EntityManager, userId: string, query: JobListQuery): Promise<JobView[]> {
  const { limit, after, order, status, kind, model, batch_id: batchId, created_after: createdAfter } = query;
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
    ...(kind !== undefined && { kind }),
    ...(model !== undefined && { model }),
    ...(batchId !== undefined && { batchId }),
    ...(createdAfter !== undefined && { createdAt: { $gt: new Date(createdAfter) } }),
  };
  const jobs: Omit<JobView, 'output'>[] = await em.find(Job, where, { orderBy: { id: order }, limit: limit + 1, exclude: ['output'] });
  const outputs = await findOutputs(
    em,
    jobs.map(({ id }) => id),
  );
  return jobs.map((job) => Object.assign(job, { output: outputs.get(job.id) ?? null }));
}

/** What jobs answered, without vectors: a page of them can be gigabytes. Each stands in its own job. */
async function findOutputs(em: EntityManager, jobIds: string[]): Promise<Map<string, JobResult>> {
  const rows = await execute<{ id: string; output: JobResult }>(
    em,
    sql`select id, output from jobs where id = any(${jobIds}) and kind <> 'embedding' and output is not null`,
  );
  return new Map(rows.map(({ id, output }) => [id, output]));
}
