import { z } from 'zod';

/** A provider has two queues, so that a batch of a million rows never stands in front of a question. */
export const laneKinds = ['interactive', 'batch'] as const;
export type LaneKind = (typeof laneKinds)[number];

/** What wakes a worker: which attempt of which job to look at. Everything else is in the row, which decides. */
export const LanePayload = z.object({ jobId: z.string().min(1), attempt: z.number().int().min(1) });
export type LanePayload = z.infer<typeof LanePayload>;

export interface LaneMessage extends LanePayload {
  providerId: string;
  kind: LaneKind;
  /** 1 is taken first. Limited to what BullMQ can sort by, 1 to 2,097,151. */
  priority: number;
  /** How long the message stays out of sight, in milliseconds. */
  delayMs: number;
}

const maxPriority = 2 ** 21 - 1;

export function queueName(providerId: string, kind: LaneKind): string {
  return kind === 'batch' ? `${providerId}-batch` : providerId;
}

/** A message as BullMQ takes it. */
export function renderMessage({ jobId, attempt, priority, delayMs }: LaneMessage) {
  return {
    name: 'attempt',
    data: { jobId, attempt } satisfies LanePayload,
    opts: {
      // One id an attempt: a second send while the first still waits or runs is ignored.
      jobId: `${jobId}-${attempt}`,
      // Retries are ours: the row counts failures, and a retry is a new attempt with a new message.
      attempts: 1,
      // Nothing is kept, so that the same id can be sent again. `true` is only valid here: in the worker's options it breaks Redis.
      removeOnComplete: true,
      removeOnFail: true,
      priority: Math.min(Math.max(1, Math.trunc(priority)), maxPriority),
      delay: Math.max(0, Math.ceil(delayMs)),
    },
  };
}

export const producerOptions = {
  // Nobody reads BullMQ's own events: clients wait on rows, and QueueEvents loses events on PostgreSQL.
  streams: { events: { maxLen: 100 } },
};

export const consumerOptions = {
  // Must only outlive the worker's lease in PostgreSQL (15 s): losing a lock is harmless, because rows fence every write.
  lockDuration: 60_000,
  // Finds messages whose worker died between taking one and claiming its row. Claimed rows are recovered by their lease, long before.
  stalledInterval: 15_000,
  // A stalled message is delivered again, not failed: whether the job may be tried again is decided by its row.
  maxStalledCount: 100,
};
