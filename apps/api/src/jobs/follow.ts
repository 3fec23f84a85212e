import { eventId, type EventPosition, type JobEvent } from '@sluice/contract';
import { findJob, renderJobEnd, renderSnapshot, type JobView } from '@sluice/core';
import { appendJobEnd, followJob } from '@sluice/events';
import { sleep } from '@sluice/platform';
import type { JobParts } from './parts.ts';

/** One thing to tell a reader. Only what stands in the log, and the end, has an id to resume from. */
export type StreamItem = { type: 'event'; id: string | null; event: JobEvent } | { type: 'heartbeat' };

export interface FollowOptions {
  job: JobView;
  after: EventPosition | null;
  signal: AbortSignal;
  /** How long a reader may hear nothing: 15 s unless told. */
  heartbeatMs?: number;
}

const anewMs = 200;

/** The events of a job after a cursor, then live, until its end: from the log, or from the row where the log is gone. */
export async function* follow(parts: JobParts, { job, after, signal, heartbeatMs = 15_000 }: FollowOptions): AsyncGenerator<StreamItem> {
  const { id: jobId } = job;
  const look = async () => tellEnd(parts, await findJob(parts.db.em(), jobId));
  if ((await tellEnd(parts, job)) === 'gone') return yield* snapshot(job);
  for (let cursor = after; !signal.aborted; cursor = null) {
    const steps = followJob(parts.eventLog, { jobId, after: cursor, signal, heartbeatMs, onHeartbeat: look });
    if ((yield* pass(steps)) === 'ended') return;
    const now = await findJob(parts.db.em(), jobId);
    if (now && renderJobEnd(now)) return yield* snapshot(now);
    // The log was emptied under a running job: its worker writes the whole text so far behind a new attempt-start.
    await sleep(anewMs, signal);
  }
}

async function* pass(steps: ReturnType<typeof followJob>): AsyncGenerator<StreamItem, 'ended' | 'gone'> {
  for await (const step of steps) {
    if ('event' in step) yield { type: 'event', ...step };
    else if (step.type === 'heartbeat') yield step;
    else return 'gone';
  }
  return 'ended';
}

function* snapshot(job: JobView): Generator<StreamItem> {
  for (const event of renderSnapshot(job)) {
    yield { type: 'event', id: event.type === 'job-end' ? endIdOf(job) : null, event };
  }
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
