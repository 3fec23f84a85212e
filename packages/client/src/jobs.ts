import { followEvents, type EventEntry, type EventsOptions } from './follow-events.ts';
import { submitBulk, type BulkRow } from './submit-bulk.ts';
import { createPages, type Pages } from './pages.ts';
import type { CallOptions, CreateOptions, Transport } from './transport.ts';
import { waitForJob, type WaitOptions } from './wait-for-job.ts';
import type { AnyJobRequest, Job, JobQuery } from './wire.ts';

export interface Jobs {
  /** Submits a job. With `waitS` (at most 60) the answer comes when the job ends, or after so long as it is then. */
  create(request: AnyJobRequest, options?: CreateOptions & { waitS?: number }): Promise<Job>;
  get(jobId: string, options?: CallOptions): Promise<Job>;
  list(query?: JobQuery, options?: CallOptions): Pages<Job>;
  /** What was produced so far is kept and charged. */
  cancel(jobId: string, options?: CallOptions): Promise<Job>;
  /** Asks again, as a new job at the price of today, what a failed, cancelled or incomplete job asked. */
  retry(jobId: string, options?: CreateOptions): Promise<Job>;
  /** The job when it has ended, whatever its end. @throws ConnectionError `timeout`; the job goes on */
  wait(jobId: string, options?: WaitOptions): Promise<Job>;
  /** The events of a job until its end, over any number of broken connections. Leaving the loop never cancels the job. */
  events(jobId: string, options?: EventsOptions): AsyncGenerator<EventEntry, void, undefined>;
  /** Submits any number of jobs, each of which stands alone; the rows come in the order of the jobs. */
  bulk(requests: AnyJobRequest[], options?: CreateOptions): Promise<BulkRow[]>;
  /** A ticket with which a browser's own EventSource can read one job, within 60 s. */
  streamTicket(jobId: string, options?: CallOptions): Promise<{ ticket: string; expires_at: string }>;
}

export function createJobs(transport: Transport): Jobs {
  const pathOf = (jobId: string) => `/v1/jobs/${encodeURIComponent(jobId)}`;
  return {
    create: (body, { waitS, ...options } = {}) =>
      transport.json<Job>({ ...longer(options, waitS), method: 'POST', path: '/v1/jobs', query: { wait: waitS }, body }),
    get: (jobId, options) => transport.json<Job>({ ...options, path: pathOf(jobId) }),
    list: (query, options) => createPages<Job>(transport, '/v1/jobs', query, options),
    cancel: (jobId, options) => transport.json<Job>({ ...options, method: 'POST', path: `${pathOf(jobId)}/cancel` }),
    retry: (jobId, options) => transport.json<Job>({ ...options, method: 'POST', path: `${pathOf(jobId)}/retry` }),
    wait: (jobId, options) => waitForJob(transport, jobId, options),
    events: (jobId, options) => followEvents(transport, jobId, options),
    bulk: (requests, options) => submitBulk(transport, requests, options),
    streamTicket: (jobId, options) => transport.json({ ...options, method: 'POST', path: `${pathOf(jobId)}/stream-ticket` }),
  };
}

/** The time limit does not run while the server waits as it was asked to. */
function longer(options: CreateOptions, waitS: number | undefined): CreateOptions {
  return waitS === undefined ? options : { ...options, timeoutMs: (options.timeoutMs ?? 60_000) + waitS * 1000 };
}
