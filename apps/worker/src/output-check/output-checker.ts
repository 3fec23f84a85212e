import type { Fault } from '@sluice/contract';
import { Worker } from 'node:worker_threads';
import type { CheckRequest } from './check-thread.ts';

/** Checks answers against the schemas they were asked in, one after the other, beside the event loop. */
export interface OutputChecker {
  /** What is wrong with an answer, nothing if it fits; null when that could not be found out in time. */
  check(schema: object, text: string): Promise<Fault[] | null>;
  close(): Promise<void>;
}

interface OutputCheckerParts {
  /** For one answer; the thread is ended then. */
  timeoutMs?: number;
}

/** A longer answer is not checked: about 250,000 tokens. */
const textMaxLength = 1_000_000;
const memoryMaxMb = 256;

/** Loading the library, on a machine that has much else to do. */
const startMs = 30_000;

/** The thread is started by the first answer that is to be checked, and keeps no process alive. */
export function createOutputChecker({ timeoutMs = 2000 }: OutputCheckerParts = {}): OutputChecker {
  let thread: Worker | null = null;
  let last: Promise<unknown> = Promise.resolve();

  async function startThread(): Promise<Worker> {
    const started = new Worker(new URL('check-thread.ts', import.meta.url), { resourceLimits: { maxOldGenerationSizeMb: memoryMaxMb } });
    started.unref();
    // What is not waited for must not end the process.
    started.on('error', () => undefined);
    thread = started;
    await nextMessage(started, startMs);
    return started;
  }

  async function run(request: CheckRequest): Promise<Fault[] | null> {
    const current = thread ?? (await startThread());
    current.postMessage(request);
    const faults = (await nextMessage(current, timeoutMs)) as Fault[] | null;
    if (faults) return faults;
    thread = null;
    await current.terminate();
    return null;
  }

  return {
    check(schema, text) {
      if (text.length > textMaxLength) return Promise.resolve(null);
      const checked = last.then(() => run({ schema: JSON.stringify(schema), text }));
      last = checked;
      return checked;
    },
    async close() {
      await thread?.terminate();
      thread = null;
    },
  };
}

/** Null when the thread died or took too long. */
function nextMessage(thread: Worker, timeoutMs: number): Promise<unknown> {
  return new Promise((resolve) => {
    const settle = (message: unknown) => {
      clearTimeout(timer);
      thread.off('message', settle).off('error', fail).off('exit', fail);
      resolve(message);
    };
    const fail = () => settle(null);
    const timer = setTimeout(fail, timeoutMs);
    thread.on('message', settle).on('error', fail).on('exit', fail);
  });
}
