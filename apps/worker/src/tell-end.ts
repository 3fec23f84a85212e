import { findJob, leads, renderJobEnd } from '@sluice/core';
import { appendJobEnd } from '@sluice/events';
import { eventRetentionS } from './event-retention.ts';
import type { WorkerParts } from './parts.ts';

/** Tells a job's readers of its end, as its row says it, and those that may wait for its answer. */
export async function tellEnd(state: Pick<WorkerParts, 'db' | 'eventLog' | 'settings' | 'bell'>, jobId: string): Promise<void> {
  const job = await findJob(state.db.em(), jobId);
  const event = job && renderJobEnd(job);
  if (!event) return;
  await appendJobEnd(state.eventLog, { jobId, attempt: job.attempt, event, retentionS: eventRetentionS(state.settings, job) });
  if (leads(job)) state.bell.ring('twins', jobId);
}
