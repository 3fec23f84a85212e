import type { JobEndEvent } from '@sluice/contract';
import type { AppendOutcome, EventLog } from './event-log.ts';

export interface JobEndParts {
  jobId: string;
  /** The job's attempt as its row has it. */
  attempt: number;
  event: JobEndEvent;
  retentionS: number;
}

/**
 * Writes the one `job-end` of a job from its terminal row, at `<attempt + 1>-0`: whoever sees a terminal row without it may do
 * so, as often as they like, and no attempt can write behind it. A log that lacks part of a completed answer is emptied first,
 * so that no reader takes a cut text for the whole.
 */
export function appendJobEnd(log: EventLog, { jobId, attempt, event, retentionS }: JobEndParts): Promise<AppendOutcome> {
  return log.append(jobId, { attempt: attempt + 1, n: 0 }, [event], retentionS, 'end');
}
