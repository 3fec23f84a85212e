import { sleep } from '@sluice/platform';
import type { LaneWorker } from './queues.ts';
import { until } from './until.ts';

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
/** A start under way may take this long to end when the worker is closed. */
const startMs = 1_500;

/** Runs a worker. BullMQ's remember a failed start for ever and then spin, so another one is opened until one is ready. */
export function keepWorker({ open, report }: KeepWorkerOptions): KeptWorker {
  const stop = new AbortController();
  let worker = open();
  let ready = worker.waitUntilReady();

  async function start(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        await ready;
        return stop.signal.aborted ? undefined : await worker.run();
      } catch (error) {
        report(error);
        await worker.close().catch(report);
        await sleep(againMs, stop.signal);
        if (stop.signal.aborted) return;
        worker = open();
        ready = worker.waitUntilReady();
      }
    }
  }

  void start();
  return {
    current: () => worker,
    async close() {
      stop.abort();
      // On PostgreSQL a worker that is closed while it starts checks out its listener afterwards and never gives it back.
      await until(
        ready.catch(() => undefined),
        startMs,
      );
      await worker.close().catch(report);
    },
  };
}
