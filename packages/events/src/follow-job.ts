import type { EventPosition, JobEventEntry } from '@sluice/contract';
import type { EventLog, LogRead } from './event-log.ts';
import { createFollower } from './follower.ts';

export interface FollowOptions {
  jobId: string;
  /** The last entry the reader has; null from the start. */
  after: EventPosition | null;
  signal: AbortSignal;
  /** A heartbeat is due when nothing was yielded for so long. */
  heartbeatMs: number;
  /**
   * Called before each heartbeat, and at once when the log turns out to be emptied: the caller looks at the row and appends a
   * missing `job-end`. The answer `gone` ends the following: the row is terminal and the log cannot be written. A throw ends it
   * with that error.
   */
  onHeartbeat: () => Promise<'gone' | void>;
}

/**
 * `gone`: entries behind the cursor are lost for good, and the reader has to be given the row's text instead. Nothing follows
 * it.
 */
export type FollowStep = JobEventEntry | { type: 'heartbeat' } | { type: 'gone' };

/**
 * Follows a job's log from a cursor to its `job-end`: every entry once, in order, none of a lower attempt than was seen before.
 * While the log cannot be reached there are heartbeats only. Ends after `job-end` or `gone`, when `signal` aborts, or when the
 * caller stops iterating; then nothing listens any more. What it holds for a slow caller is bounded.
 */
export async function* followJob(log: EventLog, options: FollowOptions): AsyncGenerator<FollowStep, void, undefined> {
  const follower = createFollower(log, options);
  try {
    for (;;) {
      const found = await follower.next();
      if (found === 'closed') return;
      if (found === 'heartbeat' ? (await options.onHeartbeat()) === 'gone' : isGone(found)) return yield { type: 'gone' };
      if (found === 'heartbeat') {
        yield { type: 'heartbeat' };
        continue;
      }
      for (const entry of found.entries) {
        if (options.signal.aborted) return;
        follower.moveTo(entry);
        yield entry;
        if (entry.event.type === 'job-end') return;
      }
      if (found.isEnded) return;
    }
  } finally {
    follower.close();
  }
}

function isGone({ entries, isWhole, isEnded }: LogRead): boolean {
  return !isWhole && (entries.length > 0 || isEnded);
}
