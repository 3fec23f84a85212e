import type { JobEvent } from '@sluice/contract';
import { sleep } from '@sluice/platform';
import type { EventLog } from './event-log.ts';
import { createAppendPlan, type PlannedAppend } from './append-plan.ts';

export interface EventWriterOptions {
  jobId: string;
  attempt: number;
  retentionS: number;
  /**
   * Deltas wait until there are so many characters of them: for an answer that hardly anybody reads while it grows. 0 unless
   * told. Whatever else is written, and a flush, takes them along.
   */
  heldChars?: number;
  /** Told once when a higher attempt has written: what this attempt still does is for nothing. */
  onFenced?: () => void;
}

export interface EventWriter {
  /**
   * Takes an event and returns at once. An attempt that has an answer of its own begins with `attempt-start`. After a fence or
   * a flush that gave up it does nothing.
   */
  write(event: JobEvent): void;
  /**
   * Resolves to true when everything is in the log, to false when the writer is fenced or when the log could not be written
   * within `giveUpMs` (5 s unless told). Then the writer ends and forgets what is left: the job must finish although its log
   * cannot be written. `appendJobEnd` sees that the answer is not whole, and readers get it from the row.
   */
  flush(giveUpMs?: number): Promise<boolean>;
  /** A higher attempt has written. */
  readonly isFenced: boolean;
}

const firstRetryMs = 50;
const longestRetryMs = 2000;

/**
 * Writes one attempt's events. One append at most is under way; what arrives meanwhile is joined (neighbouring deltas become
 * one) and goes next, so a slow log costs fewer and larger appends and the first event goes at once. A failed append is sent
 * again unchanged until it is answered.
 *
 * When the log was emptied, everything so far is written anew behind a new `attempt-start`, at an `n` above all that was ever
 * sent: a late copy of an earlier append can then never stand where other content is expected.
 */
export function createEventWriter(log: EventLog, options: EventWriterOptions): EventWriter {
  const { jobId, attempt, retentionS, heldChars = 0, onFenced } = options;
  const plan = createAppendPlan(attempt, heldChars);
  const stop = new AbortController();
  let state: 'open' | 'fenced' | 'gave-up' = 'open';
  let draining: Promise<void> | null = null;

  function drain(): void {
    const append = draining ? null : plan.next();
    if (append) draining = write(append);
  }

  async function write(first: PlannedAppend): Promise<void> {
    let append: PlannedAppend | null = first;
    let delayMs = firstRetryMs;
    while (append && state === 'open') {
      try {
        const outcome = await log.append(jobId, append.from, append.events, retentionS, append.rule);
        if (outcome === 'fenced') end('fenced');
        append = outcome === 'lost' ? plan.anew() : plan.next();
        delayMs = firstRetryMs;
      } catch {
        await sleep(delayMs, stop.signal);
        delayMs = Math.min(2 * delayMs, longestRetryMs);
      }
    }
    draining = null;
  }

  function end(reason: 'fenced' | 'gave-up'): void {
    if (state !== 'open') return;
    state = reason;
    stop.abort();
    if (reason === 'fenced') onFenced?.();
  }

  return {
    write(event) {
      if (state !== 'open') return;
      plan.add(event);
      drain();
    },
    async flush(giveUpMs = 5000) {
      plan.hurry();
      drain();
      if (draining) await atMost(giveUpMs, draining);
      if (draining) end('gave-up');
      return state === 'open';
    },
    get isFenced() {
      return state === 'fenced';
    },
  };
}

function atMost(ms: number, waiting: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    void waiting.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
