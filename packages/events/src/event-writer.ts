import type { JobEvent } from '@sluice/contract';
import { sleep } from '@sluice/platform';
import type { AppendOutcome, AppendRule, EventLog } from './event-log.ts';
import { addEvent } from './merge-events.ts';

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
  const whole: JobEvent[] = [];
  const stop = new AbortController();
  let pending: JobEvent[] = [];
  let state: 'open' | 'fenced' | 'gave-up' = 'open';
  let draining: Promise<void> | null = null;
  let n = 0;
  let waitingChars = 0;

  async function drain(): Promise<void> {
    while (state === 'open' && pending.length > 0 && waitingChars >= heldChars) {
      const events = pending;
      pending = [];
      waitingChars = 0;
      for (const event of events) addEvent(whole, event);
      if ((await put(events, 'next')) === 'lost') await put([...whole], 'anew');
    }
    draining = null;
  }

  async function put(events: JobEvent[], rule: AppendRule): Promise<AppendOutcome | null> {
    const from = { attempt, n };
    n += events.length;
    const outcome = await untilAnswered(() => log.append(jobId, from, events, retentionS, rule), stop.signal);
    if (outcome === 'fenced') end('fenced');
    return outcome;
  }

  function end(reason: 'fenced' | 'gave-up'): void {
    if (state !== 'open') return;
    state = reason;
    pending = [];
    stop.abort();
    if (reason === 'fenced') onFenced?.();
  }

  return {
    write(event) {
      if (state !== 'open') return;
      addEvent(pending, event);
      waitingChars += charsOf(event);
      if (waitingChars >= heldChars) draining ??= drain();
    },
    async flush(giveUpMs = 5000) {
      const limit = new AbortController();
      if (pending.length > 0) {
        waitingChars = Infinity;
        draining ??= drain();
      }
      const waiting = draining;
      if (waiting) await Promise.race([waiting.then(() => limit.abort('done')), sleep(giveUpMs, limit.signal)]);
      if (draining) end('gave-up');
      return state === 'open';
    },
    get isFenced() {
      return state === 'fenced';
    },
  };
}

/** What is no delta of an answer is not worth waiting with. */
function charsOf(event: JobEvent): number {
  if (event.type === 'tool-delta') return event.arguments.length;
  return event.type === 'text-delta' || event.type === 'reasoning-delta' ? event.delta.length : Infinity;
}

/** Null when `stop` was aborted before there was an answer. */
async function untilAnswered(append: () => Promise<AppendOutcome>, stop: AbortSignal): Promise<AppendOutcome | null> {
  for (let delayMs = firstRetryMs; !stop.aborted; delayMs = Math.min(2 * delayMs, longestRetryMs)) {
    try {
      return await append();
    } catch {
      await sleep(delayMs, stop);
    }
  }
  return null;
}
