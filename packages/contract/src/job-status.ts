import { z } from 'zod';

/** A job's states and the moves between them. A move that is not here does not compile; one that loses its race changes nothing. */
export const jobMoves = {
  queued: ['running', 'completed', 'failed', 'cancelled'],
  running: ['queued', 'completed', 'incomplete', 'failed', 'cancelled'],
  completed: [],
  incomplete: [],
  failed: [],
  cancelled: [],
} as const satisfies Record<string, readonly string[]>;

export type JobStatus = keyof typeof jobMoves;
export const JobStatus = z.enum(Object.keys(jobMoves) as [JobStatus, ...JobStatus[]]);

export type JobMove = { [From in JobStatus]: { from: From; to: (typeof jobMoves)[From][number] } }[JobStatus];

export const EndStatus = JobStatus.extract(['completed', 'incomplete', 'failed', 'cancelled']);
export type EndStatus = z.infer<typeof EndStatus>;

/** True when nothing more will happen to a job in this state, but its settlement. */
export function isEnd(status: JobStatus): status is EndStatus {
  return jobMoves[status].length === 0;
}
