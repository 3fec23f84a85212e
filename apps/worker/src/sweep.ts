import { endOverdueJobs, findJob, recoverJobs, renderJobEnd, takeDueJobs } from '@sluice/core';
import { appendJobEnd } from '@sluice/events';
import { createLoop, type Loop } from '@sluice/platform';
import type { WorkerState } from './worker-state.ts';

const sweepMs = 1000;
const rowsMax = 1000;

/**
 * Looks at the rows themselves, so that nothing depends on a message: sends due jobs again, takes jobs from dead workers, ends
 * what is past its deadline. Every worker sweeps; the rows they take are locked, so they share the work.
 */
export function sweep(state: WorkerState): Loop {
  return createLoop({
    name: 'sweep',
    intervalMs: sweepMs,
    log: state.log,
    async turn() {
      const recovered = await recoverJobs(state.db.em(), rowsMax);
      const overdueIds = await endOverdueJobs(state.db.em(), rowsMax);
      const endedIds = [...recovered.endedIds, ...overdueIds];
      if (endedIds.length > 0) state.bell.ring('settle');
      for (const jobId of endedIds) await tellEnd(state, jobId);

      const due = await takeDueJobs(state.db.em(), rowsMax);
      await state.producer.send([...recovered.messages, ...due]);
      return due.length === rowsMax ? 'again' : 'rest';
    },
  });
}

async function tellEnd(state: WorkerState, jobId: string): Promise<void> {
  const job = await findJob(state.db.em(), jobId);
  const event = job && renderJobEnd(job);
  if (!event) return;
  await appendJobEnd(state.eventLog, { jobId, attempt: job.attempt, event, retentionS: state.settings.EVENT_RETENTION_S });
}
