import type { EventPosition, JobEvent, JobEventEntry } from '@sluice/contract';
import { compareEventIds, eventId } from '@sluice/contract';
import type { Clock } from '@sluice/platform';
import { decideAppend } from './append-decision.ts';
import type { AppendOutcome, AppendRule, EventLog, LiveCopy } from './event-log.ts';
import { createFanOut } from './fan-out.ts';
import { createMemoryLogs, type MemoryLogs } from './memory-logs.ts';
import { judgeRead, positionOf } from './whole-read.ts';

export interface MemoryEventLogParts {
  /** All logs together; when it is reached, the logs that ended first are forgotten first, then those that were quiet longest. */
  maxBytes: number;
  clock: Clock;
}

/** The log for one process. What it forgets, for age or for size, it answers like an emptied Redis. */
export function createMemoryEventLog({ maxBytes, clock }: MemoryEventLogParts): EventLog {
  const logs = createMemoryLogs({ maxBytes, clock });
  const copies = createFanOut<LiveCopy>();

  function append(jobId: string, from: EventPosition, events: JobEvent[], retentionS: number, rule: AppendRule): AppendOutcome {
    const last = logs.find(jobId)?.entries.at(-1) ?? null;
    const { outcome, skip, isEmptied } = decideAppend(last, { from, events, rule });
    if (outcome !== 'appended') return outcome;
    if (isEmptied) logs.forget(jobId);
    const entries = events.slice(skip).map((event, i) => ({ id: eventId({ attempt: from.attempt, n: from.n + skip + i }), event }));
    logs.add(jobId, entries, retentionS);
    if (entries.length > 0) copies.emit(jobId, { before: last && !isEmptied ? positionOf(last) : null, entries });
    return outcome;
  }

  return {
    append: async (jobId, from, events, retentionS, rule = 'next') => append(jobId, from, events, retentionS, rule),
    read: async (jobId, after, limit) => readFrom(logs, jobId, after, limit),
    expire: async (jobId, retentionS) => logs.keep(jobId, retentionS),
    listen: async (jobId, onLive) => copies.add(jobId, onLive),
    close: async () => undefined,
  };
}

function readFrom(logs: MemoryLogs, jobId: string, after: EventPosition | null, limit: number): ReturnType<typeof judgeRead> {
  const all = logs.find(jobId)?.entries ?? [];
  const start = after ? firstFrom(all, after) : 0;
  return judgeRead({ after, entries: all.slice(start, start + limit + (after ? 1 : 0)), last: all.at(-1) ?? null });
}

/** The index of the first entry at the position or behind it, by halving: a follower asks for the end of a long log. */
function firstFrom(entries: JobEventEntry[], position: EventPosition): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const entry = entries[middle];
    if (entry && compareEventIds(positionOf(entry), position) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
