import type { EventPosition, JobEvent, JobEventEntry } from '@sluice/contract';

/**
 * What an append asks of the log it meets.
 * - `next`: the entry before the first one must be there, or nothing is written (`lost`).
 * - `anew`: the log may have been emptied; the events begin with an `attempt-start`, which resets every reader.
 * - `end`: a `job-end`. When the log cannot hold the whole answer that the row has (the job is completed or incomplete, but its
 *   attempt's `usage` is not the last entry), the log is emptied first: readers are told `gone` and take the text from the row.
 */
export type AppendRule = 'next' | 'anew' | 'end';

/**
 * `fenced`: a higher attempt has written, and nothing of this one was. `lost`: the log was emptied or expired, and nothing was
 * written.
 */
export type AppendOutcome = 'appended' | 'fenced' | 'lost';

export interface LogRead {
  /** What stands after the cursor, in order. */
  entries: JobEventEntry[];
  /**
   * False when entries after the cursor may be missing: the cursor's own entry is gone and what follows does not begin with an
   * `attempt-start`.
   */
  isWhole: boolean;
  /** True when a `job-end` stands at the cursor or before it, so that nothing will ever follow. */
  isEnded: boolean;
}

/** One append as it was published. Without entries it says that copies may have been missed, and only a read can tell. */
export interface LiveCopy {
  entries: JobEventEntry[];
  /** The entry that stood before them; null if none did. */
  before: EventPosition | null;
}

/** Gets a copy of each append. Must not throw. */
export type LiveListener = (copy: LiveCopy) => void;

/**
 * One append-only log a job. It shows; it decides nothing: it may lose everything at any time (FLUSHALL, expiry, a crash), and
 * then says so. Entry ids are `<attempt>-<n>`, each append is atomic, and an id is never used for two contents.
 */
export interface EventLog {
  /**
   * Writes `events` at `from`, `from.n + 1`, ... and keeps the log for `retentionS` from now. Sending the same append again is
   * harmless: what is there already is left alone, a missing tail is added. Throws when the store cannot be reached; the append
   * may have happened then.
   */
  append(jobId: string, from: EventPosition, events: JobEvent[], retentionS: number, rule?: AppendRule): Promise<AppendOutcome>;
  /** At most `limit` entries after the cursor; null reads from the start. */
  read(jobId: string, after: EventPosition | null, limit: number): Promise<LogRead>;
  /** Keeps the log for `retentionS` from now; 0 forgets it at once. A log that is not there stays so. */
  expire(jobId: string, retentionS: number): Promise<void>;
  /** Resolves when every later append will be copied to the listener, as long as the connection holds. The answer ends it. */
  listen(jobId: string, onLive: LiveListener): Promise<() => void>;
  close(): Promise<void>;
}
