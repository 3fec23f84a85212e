import { endOverdueJobs, findDisabledProviders, recoverJobs, resolveDueTwins, takeDueJobs, type LaneMessagePlan } from '@sluice/core';
import { createLoop, type Loop } from '@sluice/platform';
import { leaveLane } from './leave-lane.ts';
import { announceTwins } from './serve-twins.ts';
import { tellEnd } from './tell-end.ts';
import type { WorkerState } from './worker-state.ts';

const sweepMs = 1000;
const rowsMax = 1000;

/**
 * Looks at the rows themselves, so that nothing depends on a message: sends due jobs again, takes jobs from dead workers, ends
 * what is past its deadline, looks after what waits for another job's answer. Every worker sweeps; the rows they take are locked,
 * so they share the work.
 */
export function sweep(state: WorkerState): Loop {
  return createLoop({
    name: 'sweep',
    intervalMs: sweepMs,
    log: state.log,
    async turn() {
      const recovered = await recoverJobs(state.db.em(), rowsMax, { workerId: state.workerId, jobIds: state.running.jobIds() });
      const overdueIds = await endOverdueJobs(state.db.em(), rowsMax);
      const endedIds = [...recovered.endedIds, ...overdueIds];
      for (const topic of endedIds.length > 0 ? ['settle', 'deliveries'] : []) state.bell.ring(topic);
      for (const jobId of endedIds) await tellEnd(state, jobId);

      const due = await takeDueJobs(state.db.em(), rowsMax);
      await sendOrMove(state, [...recovered.messages, ...due]);
      await announceTwins(state, await resolveDueTwins(state.db.em(), rowsMax));
      return due.length === rowsMax ? 'again' : 'rest';
    },
  });
}

/** A message to a disabled provider's lane is read by nobody: its job goes to the next route, or waits until it is enabled. */
async function sendOrMove(state: WorkerState, messages: LaneMessagePlan[]): Promise<void> {
  const disabled = new Set(await findDisabledProviders(state.db.em(), [...new Set(messages.map(({ providerId }) => providerId))]));
  await state.producer.send(messages.filter(({ providerId }) => !disabled.has(providerId)));
  for (const { providerId, jobId, attempt } of messages) {
    if (!disabled.has(providerId)) continue;
    await leaveLane(state, { jobId, attempt, error: null });
  }
}
