import { forgetUnstoredJobs } from '@sluice/core';
import { createLoop, type Loop } from '@sluice/platform';
import type { WorkerParts } from './parts.ts';

const everyMs = 60_000;
const rowsMax = 1000;

/** Deletes what was not to be stored, row and event log, some minutes after it ended. */
export function forgetUnstored({ db, eventLog, log }: WorkerParts): Loop {
  return createLoop({
    name: 'forget',
    intervalMs: everyMs,
    log,
    async turn() {
      const jobIds = await forgetUnstoredJobs(db.em(), rowsMax);
      for (const jobId of jobIds) await eventLog.expire(jobId, 0);
      return jobIds.length === rowsMax ? 'again' : 'rest';
    },
  });
}
