import type { EventPosition, JobEvent, JobEventEntry } from '@sluice/contract';
import { parseEventId } from '@sluice/contract';
import type { AppendOutcome, AppendRule } from './event-log.ts';

export interface AppendRequest {
  from: EventPosition;
  events: JobEvent[];
  rule: AppendRule;
}

interface AppendDecision {
  outcome: AppendOutcome;
  /** How many of the first events are there already. */
  skip: number;
  /** The log is emptied before the events are added. */
  isEmptied: boolean;
}

/**
 * What an append does to a log that ends with `last`. The Lua script of the Redis log says the same; one contract suite holds
 * them together.
 */
export function decideAppend(last: JobEventEntry | null, { from, events, rule }: AppendRequest): AppendDecision {
  const tail = last ? parseEventId(last.id) : null;
  if (tail && tail.attempt > from.attempt) return { outcome: 'fenced', skip: 0, isEmptied: false };
  const skip = tail?.attempt === from.attempt && tail.n >= from.n ? Math.min(tail.n - from.n + 1, events.length) : 0;
  const isNext = from.n + skip === 0 || (tail?.attempt === from.attempt && tail.n === from.n + skip - 1);
  if (rule === 'next' && skip < events.length && !isNext) return { outcome: 'lost', skip: 0, isEmptied: false };
  return { outcome: 'appended', skip, isEmptied: rule === 'end' && skip === 0 && lacksAnswer(last, events[0]) };
}

/** True when the row of the ended job has an answer that the log does not hold to its end. */
function lacksAnswer(last: JobEventEntry | null, end: JobEvent | undefined): boolean {
  if (!last || end?.type !== 'job-end') return false;
  if (end.status !== 'completed' && end.status !== 'incomplete') return false;
  return last.event.type !== 'usage' || last.event.attempt !== end.attempt;
}
