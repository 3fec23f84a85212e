import { createOutputFold, parseEventId, TokenCounts, type EventPosition, type FinishReason, type JobEvent, type JobOutput } from '@sluice/contract';
import type { EventLog } from '@sluice/events';
import type { AttemptResult } from './attempt-result.ts';

export interface EarlierAttempt {
  /** Whether readers have seen some of it. */
  hasOutput: boolean;
  /** Set when the provider had finished: the answer is all there and paid for, only the row was not written. */
  finished: { result: AttemptResult; output: JobOutput } | null;
}

const pageSize = 1000;

/** Looks at what a lost attempt left in the event log, so that an answer that had arrived is not bought twice. */
export async function findEarlierAttempt(log: EventLog, jobId: string, attempt: number): Promise<EarlierAttempt> {
  const events = await readAttempt(log, jobId, attempt);
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

async function readAttempt(log: EventLog, jobId: string, attempt: number): Promise<JobEvent[]> {
  const events: JobEvent[] = [];
  let after: EventPosition | null = null;
  for (;;) {
    const { entries } = await log.read(jobId, after, pageSize);
    events.push(...entries.map(({ event }) => event).filter((event) => event.attempt === attempt));
    after = parseEventId(entries.at(-1)?.id ?? '');
    if (!after || entries.length < pageSize) return events;
  }
}
