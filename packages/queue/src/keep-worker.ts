import { sleep } from '@sluice/platform';
import type { LaneWorker } from './queue-connection.ts';

export interface KeptWorker {
  /** The one that runs, or is about to. */
  current(): LaneWorker;
  /** Takes no more messages from now on; resolves when the worker has let go of its last. */
  close(): Promise<void>;
}

interface KeepWorkerOptions {
  open: () => LaneWorker;
  report: (error: unknown) => void;
}

const againMs = 1_000;

/** Runs a worker. BullMQ's remember a failed start for ever and then spin, so another one is opened until one is ready. */
export function keepWorker({ open, report }: KeepWorkerOptions): KeptWorker {
  const stop = new AbortController();
  let worker = open();

  async function start(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        await worker.waitUntilReady();
        return await worker.run();
      } catch (error) {
        report(error);
        await worker.close().catch(report);
        await sleep(againMs, stop.signal);
        if (!stop.signal.aborted) worker = open();
      }
    }
  }

  void start();
  return {
    current: () => worker,
    async close() {
      stop.abort();
      await worker.close().catch(report);
    },
  };
}
