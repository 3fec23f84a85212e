import type { JobEvent, JobEventEntry } from '@sluice/contract';
import { compareEventIds, eventId, parseEventId, type EventPosition } from '@sluice/contract';
import { positionOf } from './whole-read.ts';

/** One append as it was published. Without entries it says that copies may have been missed. */
export interface LiveCopy {
  entries: JobEventEntry[];
  /** The entry that stood before them; null if none did. */
  before: EventPosition | null;
}

/** Reads what the append script publishes: `<id before, or nothing>|<first id>|[event, ...]`. */
export function parseLiveCopy(payload: string): LiveCopy {
  const match = /^(\d+-\d+)?\|(\d+-\d+)\|/.exec(payload);
  const first = match && parseEventId(match[2] ?? '');
  if (!match || !first) return { entries: [], before: null };
  const events = JSON.parse(payload.slice(match[0].length)) as JobEvent[];
  const entries = events.map((event, i) => ({ id: eventId({ attempt: first.attempt, n: first.n + i }), event }));
  return { entries, before: parseEventId(match[1] ?? '') };
}

/**
 * The entries of a live copy that follow the cursor, none if it is old news, or null when it cannot be proven that nothing lies
 * between: then the log has to be read. An append says which entry stood before it, so a new attempt and a `job-end` are proven
 * as well as the next delta.
 */
export function continueWith(copy: LiveCopy, cursor: EventPosition | null): JobEventEntry[] | null {
  if (cursor && copy.entries.every((entry) => compareEventIds(positionOf(entry), cursor) <= 0)) return [];
  if (isSame(copy.before, cursor)) return cursor || copy.entries[0]?.event.type === 'attempt-start' ? copy.entries : null;
  const seen = copy.entries.findIndex((entry) => isSame(positionOf(entry), cursor));
  return seen < 0 ? null : copy.entries.slice(seen + 1);
}

function isSame(a: EventPosition | null, b: EventPosition | null): boolean {
  return a && b ? compareEventIds(a, b) === 0 : a === b;
}
