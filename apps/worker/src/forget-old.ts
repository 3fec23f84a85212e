import { forgetOldJobs, unstoredS, type Retention } from '@sluice/core';
import { createLoop, type Loop } from '@sluice/platform';
import type { WorkerParts } from './parts.ts';

const everyMs = 60_000;
const rowsMax = 1000;

/** Deletes what jobs were asked and answered when its time is over, row and event log: soon where nothing was to be stored. */
export function forgetOld({ db, eventLog, log, settings }: WorkerParts): Loop {
  const retentions: Retention[] = [
    { isStored: false, keptS: unstoredS },
    { isStored: true, keptS: settings.JOB_RETENTION_DAYS * 86_400 },
  ];

  async function forget(retention: Retention): Promise<number> {
    const jobIds = await forgetOldJobs(db.em(), retention, rowsMax);
    for (const jobId of jobIds) await eventLog.expire(jobId, 0);
    return jobIds.length;
  }

  return createLoop({
    name: 'forget',
    intervalMs: everyMs,
    log,
    async turn() {
      const counts: number[] = [];
      for (const retention of retentions) counts.push(await forget(retention));
      return counts.includes(rowsMax) ? 'again' : 'rest';
    },
  });
}
