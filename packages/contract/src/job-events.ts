import { z } from 'zod';
import { ErrorCode } from './errors.ts';
import { FinishReason } from './failure.ts';
import { EndStatus } from './job-status.ts';
import { Usage } from './usage.ts';

const attempt = z.int().positive();

/** What a job's event log holds. The log's entry id is the SSE id; `attempt` fences out what a lost worker still sends. */
export const JobEvent = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('attempt-start'), attempt, provider: z.string(), model: z.string() }),
    z.object({ type: z.literal('text-delta'), attempt, delta: z.string() }),
    z.object({ type: z.literal('reasoning-delta'), attempt, delta: z.string() }),
    z.object({
      type: z.literal('tool-delta'),
      attempt,
      index: z.int().nonnegative(),
      id: z.string().optional(),
      name: z.string().optional(),
      arguments: z.string(),
    }),
    z.object({ type: z.literal('usage'), attempt, usage: Usage, finish_reason: FinishReason.nullable() }),
    z.object({
      type: z.literal('attempt-error'),
      attempt,
      code: ErrorCode,
      message: z.string(),
      retry_in_ms: z.int().nonnegative().nullable(),
    }),
    z.object({
      type: z.literal('job-end'),
      attempt,
      status: EndStatus,
      finish_reason: FinishReason.nullable(),
      usage: Usage,
      error: z.object({ code: ErrorCode, message: z.string() }).nullable(),
    }),
  ])
  .meta({ id: 'JobEvent' });
export type JobEvent = z.infer<typeof JobEvent>;
export type JobEndEvent = Extract<JobEvent, { type: 'job-end' }>;

/** One entry of an event log. Its id is `<attempt>-<n>`; n counts from 0 without a gap within an attempt. */
export interface JobEventEntry {
  id: string;
  event: JobEvent;
}

/** The position of an entry. Ids order by attempt, then by n. */
export interface EventPosition {
  attempt: number;
  n: number;
}

/** Reads `<attempt>-<n>`; null for anything else. `0-0` is the position before the first entry. */
export function parseEventId(id: string): EventPosition | null {
  const match = /^(\d{1,9})-(\d{1,9})$/.exec(id);
  return match ? { attempt: Number(match[1]), n: Number(match[2]) } : null;
}

export function eventId({ attempt, n }: EventPosition): string {
  return `${attempt}-${n}`;
}

/** Negative, zero or positive, as `a` stands before, at or after `b`. */
export function compareEventIds(a: EventPosition, b: EventPosition): number {
  return a.attempt - b.attempt || a.n - b.n;
}
