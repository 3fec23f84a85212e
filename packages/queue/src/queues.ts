import type { Job, Queue, Worker } from 'bullmq';

export type MessageHandler = (message: Job, token?: string) => Promise<void>;

/** What is used of BullMQ's classes, whose full types differ from store to store. */
export type LaneQueue = Pick<Queue, 'add' | 'addBulk' | 'close' | 'getJobCounts'> & OnError;
export type LaneWorker = Pick<Worker, 'close' | 'concurrency' | 'pause' | 'resume' | 'run' | 'waitUntilReady'> & OnError;
interface OnError {
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** BullMQ on one store. What it opens is closed by whoever asked for it; `close` ends the connections under all of it. */
export interface Queues {
  openQueue(name: string): LaneQueue;
  /** Not running yet: the caller attaches its listeners, waits until it is ready, and runs it. */
  openWorker(name: string, concurrency: number, handler: MessageHandler): LaneWorker;
  close(): Promise<void>;
}
