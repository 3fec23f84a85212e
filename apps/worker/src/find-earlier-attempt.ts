import {
  createOutputFold,
  parseEventId,
  TokenCounts,
  type EventPosition,
  type FinishReason,
  type JobEvent,
  type JobOutput,
} from '@sluice/contract';
import type { EventLog } from '@sluice/events';
import type { AttemptResult } from './attempt-result.ts';

export interface EarlierAttempt {
  /** Whether readers have seen some of it. */
  hasOutput: boolean;
  /** Set when the provider had finished: the answer is all there and paid for, only the row was not written. */
  finished: { result: AttemptResult; output: JobOutput } | null;
}

const pageSize = 1000;

/**
 * Looks at what the latest attempt before this one left in the event log, so that an answer that had arrived is not bought twice.
 * That need not be the one just before: an attempt that only changed lanes leaves nothing.
 */
export async function findEarlierAttempt(log: EventLog, jobId: string, before: number): Promise<EarlierAttempt> {
  const events = await readLatest(log, jobId, before);
  const fold = createOutputFold();
  for (const event of events) fold.add(event);
  const last = events.at(-1);
  if (events[0]?.type !== 'attempt-start' || last?.type !== 'usage' || last.finish_reason === null) {
    return { hasOutput: fold.hasOutput(), finished: null };
  }
  return { hasOutput: fold.hasOutput(), finished: { result: resultOf(last, last.finish_reason), output: fold.render(last.finish_reason) } };
}

function resultOf({ usage }: Extract<JobEvent, { type: 'usage' }>, reason: FinishReason): AttemptResult {
  const tokens = usage.source === 'provider' ? TokenCounts.parse(usage) : null;
  return { type: 'finished', reason, tokens, requestId: null };
}

async function readLatest(log: EventLog, jobId: string, before: number): Promise<JobEvent[]> {
  let events: JobEvent[] = [];
  let after: EventPosition | null = null;
  for (;;) {
    const { entries } = await log.read(jobId, after, pageSize);
    for (const { event } of entries) {
      if (event.attempt >= before) continue;
      if (event.attempt > (events[0]?.attempt ?? 0)) events = [];
      events.push(event);
    }
    after = parseEventId(entries.at(-1)?.id ?? '');
    if (!after || entries.length < pageSize) return events;
  }
}
