import { findJob, renderJobEnd } from '@sluice/core';
import { appendJobEnd } from '@sluice/events';
import { eventRetentionS } from './event-retention.ts';
import type { WorkerState } from './worker-state.ts';

/** Tells a job's readers of its end, as its row says it. */
export async function tellEnd(state: WorkerState, jobId: string): Promise<void> {
  const job = await findJob(state.db.em(), jobId);
  const event = job && renderJobEnd(job);
  if (!event) return;
  await appendJobEnd(state.eventLog, { jobId, attempt: job.attempt, event, retentionS: eventRetentionS(state.settings, job) });
}
