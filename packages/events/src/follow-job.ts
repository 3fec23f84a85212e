import type { EventLog } from './event-log.ts';
import { createFollower, type FollowEnd, type FollowerOptions } from './follower.ts';

export interface FollowOptions extends FollowerOptions {
  signal: AbortSignal;
}

/**
 * Follows a job's log from a cursor to its `job-end`: every entry once, in order, none of a lower attempt than was seen before.
 * While the log cannot be reached there are heartbeats only. What the caller throws ends it. When it has ended nothing is called
 * and nothing listens any more. What it holds for a slow reader is bounded.
 */
export async function followJob(log: EventLog, options: FollowOptions): Promise<FollowEnd> {
  const { signal } = options;
  if (signal.aborted) return 'closed';
  const follower = createFollower(log, options);
  const onAbort = (): void => follower.end('closed');
  signal.addEventListener('abort', onAbort);
  try {
    return await follower.ended;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
