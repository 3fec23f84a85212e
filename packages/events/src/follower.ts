import type { EventPosition, JobEventEntry } from '@sluice/contract';
import type { EventLog } from './event-log.ts';
import { createFollowerInbox, type Notice } from './follower-inbox.ts';
import { hangBell } from './hang-bell.ts';
import { createLogCursor } from './log-cursor.ts';
import { createSilence } from './silence.ts';

export interface FollowerOptions {
  jobId: string;
  /** The last entry the reader has; null from the start. */
  after: EventPosition | null;
  /** A heartbeat is due when nothing was handed over for so long. */
  heartbeatMs: number;
  /** Takes the entries that come next, at least one. A reader that needs time for them answers a promise, and gets no more before. */
  onEntries: (entries: JobEventEntry[]) => Promise<void> | void;
  /**
   * Called when a heartbeat is due, and at once when the log turns out to be emptied: the caller looks at the row and appends a
   * missing `job-end`. The answer `gone` ends the following: the row is terminal and the log cannot be written.
   */
  onHeartbeat: () => Promise<'gone' | void>;
}

/**
 * `ended`: the reader has all up to `job-end`. `gone`: entries behind the cursor are lost for good, and the reader has to be given
 * the row's text instead. `closed`: the caller has left.
 */
export type FollowEnd = 'ended' | 'gone' | 'closed';

/** Hands over what follows a cursor. */
export interface Follower {
  ended: Promise<FollowEnd>;
  /** Nothing is handed over any more. */
  end(how: FollowEnd): void;
}

/** Entries of one read: with the inbox, all that a follower holds. */
const pageSize = 200;

/**
 * The bell is hung first and the log is read then, so nothing slips in between. A live copy is used only when it is proven to
 * follow the cursor, and then goes on in the very call that brought it; everything else, a heartbeat too, means: read the log.
 */
export function createFollower(log: EventLog, { jobId, after, heartbeatMs, onEntries, onHeartbeat }: FollowerOptions): Follower {
  const { promise: ended, resolve, reject } = Promise.withResolvers<FollowEnd>();
  const inbox = createFollowerInbox({ onNotice: seeTo, onError: (error) => (reject(error), end('closed')) });
  const bell = hangBell(log, jobId, inbox);
  const cursor = createLogCursor(log, jobId, after);
  const isBlind = (): boolean => !cursor.hasRead() || !bell.isHung();
  const silence = createSilence({ heartbeatMs, isBlind, onSilence: inbox.fallSilent });

  function seeTo(notice: Notice): Promise<void> | void {
    if (notice === 'silent') return waitOn();
    const entries = notice === 'look' ? null : cursor.continueWith(notice);
    return entries ? handOver(entries) : read();
  }

  function handOver(entries: JobEventEntry[]): Promise<void> | void {
    const last = entries.at(-1);
    if (!last) return;
    cursor.moveTo(last);
    silence.breakOff();
    const taking = onEntries(entries);
    return last.event.type === 'job-end' ? Promise.resolve(taking).then(() => end('ended')) : taking;
  }

  async function read(): Promise<void> {
    inbox.clear();
    const page = await cursor.read(pageSize);
    if (inbox.isClosed()) return;
    if (page === 'gone') return end('gone');
    if (page === 'away') return silence.wait();
    // The job may have ended without its log, or its writer may not have noticed yet: its row tells.
    if (page === 'emptied') return beat();
    if (page.entries.length >= pageSize) inbox.look();
    await handOver(page.entries);
    if (page.isEnded) end('ended');
  }

  function waitOn(): Promise<void> | void {
    if (silence.isDue()) return beat();
    silence.wait();
    return isBlind() ? read() : undefined;
  }

  async function beat(): Promise<void> {
    silence.breakOff();
    silence.wait();
    inbox.look();
    if ((await onHeartbeat()) === 'gone') end('gone');
  }

  function end(how: FollowEnd): void {
    inbox.close();
    silence.end();
    bell.release();
    resolve(how);
  }

  return { ended, end };
}
