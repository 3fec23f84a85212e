import type { LaneWorker } from './queues.ts';

const maxWaitMs = 30_000;

/** Keeps a worker from taking messages for a time; those it is handling go on. */
export interface LaneGate {
  /** From now on for `waitMs`, whatever was said before; half a minute at the most, so that a raised limit is noticed. */
  shut(waitMs: number): void;
  /** Never opens again. */
  close(): void;
}

/**
 * A pause of this worker alone, not BullMQ's rate limit: a limiter, even one that never bites, costs PostgreSQL a third of its
 * throughput (an advisory lock and a row written for each message taken: 1,240 to 1,430 messages/s instead of 1,850 to 2,100), and the
 * refused message goes back to the head of its priority either way. Other processes find out by themselves, with one refusal each.
 */
export function createLaneGate(workerOf: () => LaneWorker): LaneGate {
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  return {
    shut(waitMs) {
      if (isClosed) return;
      clearTimeout(timer);
      void workerOf().pause(true);
      timer = setTimeout(() => void workerOf().resume(), Math.min(waitMs, maxWaitMs));
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
