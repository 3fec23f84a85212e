import type { EventPosition, JobEventEntry } from '@sluice/contract';
import type { EventLog, LogRead } from './event-log.ts';
import { createFollowerInbox, type FollowerInbox } from './follower-inbox.ts';
import { continueWith } from './live-copy.ts';
import { positionOf } from './whole-read.ts';

export interface FollowerOptions {
  jobId: string;
  after: EventPosition | null;
  signal: AbortSignal;
  heartbeatMs: number;
}

/** Finds what follows a cursor. */
export interface Follower {
  /** Waits for entries behind the cursor, or until a heartbeat is due. */
  next(): Promise<LogRead | 'heartbeat' | 'closed'>;
  /** The caller takes this entry. */
  moveTo(entry: JobEventEntry): void;
  close(): void;
}

/** Entries of one read: with the inbox, all that a follower holds. */
const pageSize = 200;
/** How often the log is read while no live copies can be relied on: not subscribed yet, or the last read failed. */
const blindPollMs = 1000;

/**
 * The bell is hung first and the log is read then, so nothing slips in between. A live copy is used only when it is proven to
 * follow the cursor; everything else, a heartbeat too, means: read the log.
 */
export function createFollower(log: EventLog, { jobId, after, signal, heartbeatMs }: FollowerOptions): Follower {
  const inbox = createFollowerInbox(signal);
  const bell = hangBell(log, jobId, inbox);
  let cursor = after;
  let hasRead = false;
  let isLossKnown = false;
  let heartbeatAtMs = performance.now() + heartbeatMs;

  const leftMs = (): number => Math.max(0, Math.ceil(heartbeatAtMs - performance.now()));
  const waitMs = (): number => (hasRead && bell.isHung() ? leftMs() : Math.min(leftMs(), blindPollMs));

  async function read(): Promise<LogRead | null> {
    inbox.clear();
    const page = await log.read(jobId, cursor, pageSize).catch(() => null);
    hasRead = page !== null;
    if (page && page.entries.length >= pageSize) inbox.look();
    if (page && isEmptied(page) && !isLossKnown) {
      // The job may have ended without its log, or its writer may not have noticed yet: its row tells, and it is asked once, not in a loop.
      isLossKnown = true;
      heartbeatAtMs = performance.now();
    }
    return page && (page.entries.length > 0 || page.isEnded) ? page : null;
  }

  function beat(): 'heartbeat' {
    heartbeatAtMs = performance.now() + heartbeatMs;
    inbox.look();
    return 'heartbeat';
  }

  return {
    async next() {
      for (;;) {
        const notice = await inbox.next(waitMs());
        if (notice === 'closed') return 'closed';
        if (notice === 'silent' && leftMs() === 0) return beat();
        const entries = typeof notice === 'string' ? null : continueWith(notice, cursor);
        if (entries?.length === 0) continue;
        const found = entries ? { entries, isWhole: true, isEnded: false } : await read();
        if (found) return found;
      }
    },
    moveTo(entry) {
      cursor = positionOf(entry);
      isLossKnown = false;
      heartbeatAtMs = performance.now() + heartbeatMs;
    },
    close() {
      bell.release();
      inbox.close();
    },
  };
}

function isEmptied({ entries, isWhole, isEnded }: LogRead): boolean {
  return !isWhole && entries.length === 0 && !isEnded;
}

interface HungBell {
  isHung(): boolean;
  release(): void;
}

/** Does not wait: while the subscription cannot be had, the follower reads now and then. */
function hangBell(log: EventLog, jobId: string, inbox: FollowerInbox): HungBell {
  let state: 'hanging' | 'hung' | 'released' = 'hanging';
  let end: (() => void) | null = null;
  const isReleased = (): boolean => state === 'released';

  async function hang(): Promise<void> {
    end = await log.listen(jobId, (entries, before) => inbox.put({ entries, before }));
    if (isReleased()) return end();
    state = 'hung';
    inbox.look();
  }

  hang().catch(() => undefined);
  return {
    isHung: () => state === 'hung',
    release() {
      state = 'released';
      end?.();
    },
  };
}
