import { isEnd } from '@sluice/contract';
import { getJob, type JobOwner, type JobView } from '@sluice/core';
import { sleep } from '@sluice/platform';
import type { JobParts } from './parts.ts';

/** The row is looked at this often even if no event is heard. */
const lookMs = 1000;

/** The job when it has ended, or as it is after `waitMs`, or when the caller has gone. */
export async function waitForEnd({ db, eventLog }: JobParts, owner: JobOwner, waitMs: number, gone: AbortSignal): Promise<JobView> {
  const timeUp = AbortSignal.any([gone, AbortSignal.timeout(waitMs)]);
  let heard = new AbortController();
  // Hanging the bell waits as long as Redis is away; the rows are looked at meanwhile.
  const listening = eventLog.listen(owner.jobId, ({ entries }) => {
    // None at all: something may have been missed.
    if (entries.length === 0 || entries.some(({ event }) => event.type === 'job-end')) heard.abort();
  });
  try {
    for (;;) {
      const job = await getJob(db.em(), owner);
      if (isEnd(job.status) || timeUp.aborted) return job;
      await sleep(lookMs, AbortSignal.any([timeUp, heard.signal]));
      heard = new AbortController();
    }
  } finally {
    listening.then(
      (stop) => stop(),
      () => undefined,
    );
  }
}
