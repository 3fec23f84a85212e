import type { JobEvent, JobEventEntry } from '@sluice/contract';
import { compareEventIds, eventId, parseEventId, type EventPosition } from '@sluice/contract';
import type { LiveCopy } from './event-log.ts';
import { positionOf } from './whole-read.ts';

/** Copies may have been missed. */
export const missedCopies: LiveCopy = { entries: [], before: null };

/** Reads what the append script publishes: `<id before, or nothing>|<first id>|[event, ...]`. */
export function parseLiveCopy(payload: string): LiveCopy {
  const beforeEnd = payload.indexOf('|');
  const firstEnd = payload.indexOf('|', beforeEnd + 1);
  const first = parseEventId(payload.slice(beforeEnd + 1, firstEnd));
  if (!first) return missedCopies;
  const events = JSON.parse(payload.slice(firstEnd + 1)) as JobEvent[];
  const entries = events.map((event, i) => ({ id: eventId({ attempt: first.attempt, n: first.n + i }), event }));
  return { entries, before: parseEventId(payload.slice(0, beforeEnd)) };
}

/**
 * The entries of a live copy that follow the cursor, none if it is old news, or null when it cannot be proven that nothing lies
 * between: then the log has to be read. An append says which entry stood before it, so a new attempt and a `job-end` are proven
 * as well as the next delta.
 */
export function continueWith({ entries, before }: LiveCopy, cursor: EventPosition | null): JobEventEntry[] | null {
  const [first] = entries;
  if (!first) return null;
  // The entries of an append stand one behind the other, so the first one tells where each is.
  const from = positionOf(first);
  if (cursor && compareEventIds({ attempt: from.attempt, n: from.n + entries.length - 1 }, cursor) <= 0) return [];
  if (isSame(before, cursor)) return cursor || first.event.type === 'attempt-start' ? entries : null;
  if (cursor?.attempt !== from.attempt || cursor.n < from.n) return null;
  return entries.slice(cursor.n - from.n + 1);
}

function isSame(a: EventPosition | null, b: EventPosition | null): boolean {
  return a && b ? compareEventIds(a, b) === 0 : a === b;
}
