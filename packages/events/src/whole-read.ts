import type { EventPosition, JobEventEntry } from '@sluice/contract';
import { compareEventIds, parseEventId } from '@sluice/contract';
import type { LogRead } from './event-log.ts';

export interface RawRead {
  after: EventPosition | null;
  /** In order, from the cursor's own entry on if it is still there. */
  entries: JobEventEntry[];
  /** The log's last entry; only looked at when `entries` is empty. */
  last: JobEventEntry | null;
}

/**
 * Judges what was read. The cursor's own entry proves that nothing between it and the rest is missing, since an append is
 * refused when the entry before it is not there. Without that proof only an `attempt-start` will do: it resets the reader, and
 * the whole text of its attempt follows it.
 */
export function judgeRead({ after, entries, last }: RawRead): LogRead {
  const [first] = entries;
  if (!first) return { entries, isWhole: after === null, isEnded: last?.event.type === 'job-end' };
  const isOwn = after !== null && isAt(first, after);
  const rest = isOwn ? entries.slice(1) : entries;
  return { entries: rest, isWhole: isOwn || first.event.type === 'attempt-start', isEnded: isOwn && first.event.type === 'job-end' };
}

export function positionOf({ id }: JobEventEntry): EventPosition {
  const position = parseEventId(id);
  if (!position) throw new Error(`not the id of an event: ${id}`);
  return position;
}

function isAt(entry: JobEventEntry, position: EventPosition): boolean {
  return compareEventIds(positionOf(entry), position) === 0;
}
