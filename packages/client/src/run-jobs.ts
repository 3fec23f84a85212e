import { SluiceError } from './errors.ts';
import type { Jobs } from './jobs.ts';
import { pause } from './pause.ts';
import { isEnded } from './wait-for-job.ts';
import type { Job, JobRequest } from './wire.ts';

/** One job to run. The key makes sure that it is submitted once, however often it is run. */
export interface JobTask {
  row: number;
  request: JobRequest;
  idempotencyKey: string;
}

/** How a row came out: the ended job, or why the server did not take it. */
export type RowEnd = { row: number; job: Job; error: null } | { row: number; job: null; error: SluiceError };

export interface RunJobsOptions {
  /** Rows under way at once; 100 unless set. */
  concurrency?: number;
  signal?: AbortSignal;
  /** Retries of one request in a row, with up to 15 s between them; 24 unless set, about five minutes. */
  maxRetries?: number;
  /** Asked before a row is started: whether it may, or has to wait until another has ended, or the run is to stop. */
  mayStart?: (task: JobTask) => 'yes' | 'wait' | 'stop';
}

/** Errors that are about one row; any other ends the run. */
const rowErrors = new Set(['invalid_request', 'too_large', 'idempotency_mismatch', 'conflict']);

/** Charges are looked for after so long each; then the row is told without its cost. */
const settleWaitsMs = [50, 200, 500, 1000, 2000];

/**
 * Runs jobs with a bounded number under way and yields each when it has ended, in the order of their ends. When one is refused for a
 * reason that the others share (no credit, a wrong key, the server out of reach) nothing more is started, what is under way is still
 * yielded, and then that error is thrown. An abort drops what is under way: those jobs go on, and running them again finds them.
 */
export async function* runJobs(jobs: Jobs, tasks: Tasks, options: RunJobsOptions = {}): AsyncGenerator<RowEnd, void, undefined> {
  const { signal } = options;
  const stop = new AbortController();
  const passOn = () => stop.abort(signal?.reason);
  signal?.throwIfAborted();
  signal?.addEventListener('abort', passOn, { once: true });
  const window = createWindow(jobs, tasks, { ...options, signal: stop.signal });
  try {
    for (;;) {
      const next = await window.next();
      signal?.throwIfAborted();
      if (!next) break;
      yield next;
    }
    window.throwIfRefused();
  } finally {
    signal?.removeEventListener('abort', passOn);
    stop.abort();
    await window.close();
  }
}

type Tasks = Iterable<JobTask> | AsyncIterable<JobTask>;
/** A key that may send little waits for its next minute. */
const waitMaxMs = 300_000;

type Patience = { signal: AbortSignal; maxRetries: number; waitMaxMs: number };
type WindowOptions = RunJobsOptions & { signal: AbortSignal };

/** The rows under way. `next` keeps it full and answers the next row that has ended, or null when there will be none. */
function createWindow(jobs: Jobs, tasks: Tasks, { concurrency = 100, signal, maxRetries = 24, mayStart = () => 'yes' }: WindowOptions) {
  const source = Symbol.asyncIterator in tasks ? tasks[Symbol.asyncIterator]() : tasks[Symbol.iterator]();
  const ended: RowEnd[] = [];
  const refusals: unknown[] = [];
  let underWay = 0;
  let waiting: JobTask | null = null;
  let isDry = false;
  let wake = () => {};

  async function start(task: JobTask): Promise<void> {
    underWay += 1;
    try {
      ended.push(await runJob(jobs, task, { signal, maxRetries, waitMaxMs }));
    } catch (error) {
      refusals.push(error);
    }
    underWay -= 1;
    wake();
  }

  /** Starts one more row if there is one and it may; answers whether it did. */
  async function startNext(): Promise<boolean> {
    if (refusals.length > 0 || isDry || underWay >= concurrency) return false;
    waiting ??= await read();
    if (!waiting) return false;
    const verdict = mayStart(waiting);
    // When nothing is under way, waiting longer changes nothing.
    if (verdict === 'stop' || (verdict === 'wait' && underWay + ended.length === 0)) isDry = true;
    if (verdict !== 'yes') return false;
    void start(waiting);
    waiting = null;
    return true;
  }

  async function read(): Promise<JobTask | null> {
    const { value, done } = await source.next();
    isDry ||= done === true;
    return done ? null : value;
  }

  return {
    async next(): Promise<RowEnd | null> {
      for (;;) {
        while (await startNext());
        const end = ended.shift();
        if (end) return end;
        if (underWay === 0) return null;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    throwIfRefused() {
      if (refusals.length > 0) throw refusals[0];
    },
    close: () => source.return?.(),
  };
}

async function runJob(jobs: Jobs, { row, request, idempotencyKey }: JobTask, options: Patience): Promise<RowEnd> {
  try {
    const first = await jobs.create(request, { ...options, idempotencyKey, waitS: 25 });
    const job = isEnded(first) ? first : await jobs.wait(first.id, options);
    return { row, job: await withCost(jobs, job, options), error: null };
  } catch (error) {
    if (error instanceof SluiceError && rowErrors.has(error.code)) return { row, job: null, error };
    throw error;
  }
}

/** A job is charged a moment after it ends. */
async function withCost(jobs: Jobs, ended: Job, options: Patience): Promise<Job> {
  let job = ended;
  for (const waitMs of settleWaitsMs) {
    if (job.billing.state === 'settled') break;
    await pause(waitMs, options.signal);
    job = await jobs.get(job.id, options);
  }
  return job;
}
