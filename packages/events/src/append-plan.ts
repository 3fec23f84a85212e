import type { EventPosition, JobEvent } from '@sluice/contract';
import type { AppendRule } from './event-log.ts';
import { addEvent } from './merge-events.ts';

export interface PlannedAppend {
  from: EventPosition;
  events: JobEvent[];
  rule: AppendRule;
}

/** What one attempt has said, and which append is next. */
export interface AppendPlan {
  add(event: JobEvent): void;
  /** What waits for more of it waits no longer. */
  hurry(): void;
  /** What waits, joined; null when nothing does, or too little. */
  next(): PlannedAppend | null;
  /** Everything that was appended so far, for a log that was emptied. */
  anew(): PlannedAppend;
}

/** Deltas wait until there are `heldChars` of them; what is no delta of an answer is not worth waiting with. */
export function createAppendPlan(attempt: number, heldChars: number): AppendPlan {
  const whole: JobEvent[] = [];
  let pending: JobEvent[] = [];
  let pendingChars = 0;
  let n = 0;

  function place(events: JobEvent[], rule: AppendRule): PlannedAppend {
    const from = { attempt, n };
    n += events.length;
    return { from, events, rule };
  }

  return {
    add(event) {
      addEvent(pending, event);
      pendingChars += charsOf(event);
    },
    hurry() {
      if (pending.length > 0) pendingChars = Infinity;
    },
    next() {
      if (pending.length === 0 || pendingChars < heldChars) return null;
      const events = pending;
      pending = [];
      pendingChars = 0;
      for (const event of events) addEvent(whole, event);
      return place(events, 'next');
    },
    anew: () => place([...whole], 'anew'),
  };
}

function charsOf(event: JobEvent): number {
  if (event.type === 'tool-delta') return event.arguments.length;
  return event.type === 'text-delta' || event.type === 'reasoning-delta' ? event.delta.length : Infinity;
}
