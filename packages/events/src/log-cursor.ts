import type { EventPosition, JobEventEntry } from '@sluice/contract';
import type { EventLog, LiveCopy, LogRead } from './event-log.ts';
import { continueWith } from './live-copy.ts';
import { positionOf } from './whole-read.ts';

/**
 * Instead of a page. `away`: the log cannot be reached. `gone`: entries behind the cursor are lost for good. `emptied`: they are
 * not there, and it is not known yet why; said once, until something follows.
 */
export type NoPage = 'away' | 'gone' | 'emptied';

/** Where a reader stands in a log. */
export interface LogCursor {
  /** Whether the last read was answered. */
  hasRead(): boolean;
  read(limit: number): Promise<LogRead | NoPage>;
  /** What of a live copy comes next; null when only a read can tell. */
  continueWith(copy: LiveCopy): JobEventEntry[] | null;
  /** The reader takes entries up to this one. */
  moveTo(entry: JobEventEntry): void;
}

export function createLogCursor(log: EventLog, jobId: string, after: EventPosition | null): LogCursor {
  let at = after;
  let hasRead = false;
  let isLossKnown = false;

  function judge(page: LogRead): LogRead | NoPage {
    const isEmptied = !page.isWhole && page.entries.length === 0 && !page.isEnded;
    if (!isEmptied) return page.isWhole ? page : 'gone';
    if (isLossKnown) return page;
    isLossKnown = true;
    return 'emptied';
  }

  return {
    hasRead: () => hasRead,
    async read(limit) {
      const page = await log.read(jobId, at, limit).catch(() => null);
      hasRead = page !== null;
      return page ? judge(page) : 'away';
    },
    continueWith: (copy) => continueWith(copy, at),
    moveTo(entry) {
      at = positionOf(entry);
      isLossKnown = false;
    },
  };
}
