import { ConnectionError } from './errors.ts';
import type { CallOptions, Transport } from './transport.ts';
import type { Job } from './wire.ts';

export interface WaitOptions extends CallOptions {
  /** How long to wait in all, in milliseconds; without an end unless set. */
  waitMs?: number;
}

/** One request waits at most so long, so that proxies leave it alone. */
const requestWaitS = 25;

/** True when nothing more will happen to a job but its settlement. */
export function isEnded({ status }: Job): boolean {
  return status !== 'queued' && status !== 'running';
}

export async function waitForJob(transport: Transport, jobId: string, { waitMs = Infinity, ...options }: WaitOptions = {}): Promise<Job> {
  const until = performance.now() + waitMs;
  for (;;) {
    const leftS = Math.max(0, Math.ceil((until - performance.now()) / 1000));
    const waitS = Math.min(requestWaitS, leftS);
    const timeoutMs = (options.timeoutMs ?? 60_000) + waitS * 1000;
    const job = await transport.json<Job>({ ...options, timeoutMs, path: `/v1/jobs/${encodeURIComponent(jobId)}`, query: { wait: waitS } });
    if (isEnded(job)) return job;
    if (leftS === 0) throw new ConnectionError(`The job ${jobId} did not end within ${waitMs} ms; it goes on.`, { code: 'timeout' });
  }
}
