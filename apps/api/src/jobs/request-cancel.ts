import { isEnd } from '@sluice/contract';
import { cancelJob, leads, type JobOwner, type JobView } from '@sluice/core';
import { tellEnd } from './follow.ts';
import type { JobParts } from './parts.ts';

/** Asks for the end of a job and tells who has to know: its worker while it runs, its readers, billing and those that
 * wait for its answer when it has ended. */
export async function requestCancel(parts: JobParts, owner: JobOwner): Promise<JobView> {
  return announceCancel(parts, await cancelJob(parts.db.em(), owner));
}

/** Tells of a cancel that the row has. */
export async function announceCancel(parts: JobParts, job: JobView): Promise<JobView> {
  if (!isEnd(job.status)) parts.bell.ring('cancel', job.id);
  else {
    parts.bell.ring('settle');
    parts.bell.ring('deliveries');
    if (leads(job)) parts.bell.ring('twins', job.id);
    await tellEnd(parts, job);
  }
  return job;
}
