import { eventId, type EventPosition, type JobEvent } from '@sluice/contract';
import { findJob, renderJobEnd, renderSnapshot, type JobView } from '@sluice/core';
import { appendJobEnd, followJob } from '@sluice/events';
import { sleep } from '@sluice/platform';
import type { JobParts } from './parts.ts';

/** One thing to tell a reader. Only what stands in the log, and the end, has an id to resume from. */
export interface StreamItem {
  id: string | null;
  event: JobEvent;
}

export interface FollowOptions {
  job: JobView;
  after: EventPosition | null;
  signal: AbortSignal;
  /** How long a reader may hear nothing: 15 s unless told. */
  heartbeatMs?: number;
  /** Tells the reader what comes next, which is the more at once the slower the reader is. Nothing more comes before its promise. */
  onItems: (items: StreamItem[]) => Promise<void> | void;
  /** The reader has heard nothing for so long. */
  onHeartbeat: () => Promise<void> | void;
}

const anewMs = 200;

/**
 * Tells the events of a job after a cursor, then live, until its end: from the log, or from the row where the log is gone. `closed`
 * when `signal` was aborted before.
 */
export async function follow(parts: JobParts, options: FollowOptions): Promise<'ended' | 'closed'> {
  const { job, after, signal, heartbeatMs = 15_000, onItems } = options;
  const { id: jobId } = job;
  const onHeartbeat = async () => (await tellEnd(parts, await findJob(parts.db.em(), jobId))) ?? options.onHeartbeat();
  if ((await tellEnd(parts, job)) === 'gone') return tellRow(job, onItems);
  for (let cursor = after; !signal.aborted; cursor = null) {
    const end = await followJob(parts.eventLog, { jobId, after: cursor, signal, heartbeatMs, onEntries: onItems, onHeartbeat });
    if (end !== 'gone') return end;
    const now = await findJob(parts.db.em(), jobId);
    if (now && renderJobEnd(now)) return tellRow(now, onItems);
    // The log was emptied under a running job: its worker writes the whole text so far behind a new attempt-start.
    await sleep(anewMs, signal);
  }
  return 'closed';
}

async function tellRow(job: JobView, onItems: FollowOptions['onItems']): Promise<'ended'> {
  await onItems(renderSnapshot(job).map((event) => ({ id: event.type === 'job-end' ? endIdOf(job) : null, event })));
  return 'ended';
}

/** The id of a job's last event. */
export const endIdOf = ({ attempt }: JobView): string => eventId({ attempt: attempt + 1, n: 0 });

/** Sees to it that an ended job's log says so; `gone` when the log cannot be written, so that the row has to be shown. */
export async function tellEnd({ eventLog, settings }: JobParts, job: JobView | null): Promise<'gone' | void> {
  const event = job && renderJobEnd(job);
  if (!event) return;
  try {
    await appendJobEnd(eventLog, { jobId: job.id, attempt: job.attempt, event, retentionS: settings.EVENT_RETENTION_S });
  } catch {
    return 'gone';
  }
}
