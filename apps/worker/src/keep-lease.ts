import { leaseS, renewLease } from '@sluice/core';
import { createLoop, type Loop } from '@sluice/platform';
import type { WorkerState } from './worker-state.ts';

const renewMs = 5000;

/**
 * Keeps the worker alive in the eyes of the others. When no renewal succeeded for a whole lease, others may have taken its jobs:
 * it aborts its calls, so that no provider is paid for an answer that cannot be written.
 */
export function keepLease(state: WorkerState): Loop {
  let renewedAt = performance.now();
  return createLoop({
    name: 'lease',
    intervalMs: renewMs,
    log: state.log,
    async turn() {
      try {
        const cancelled = await renewLease(state.db.em(), state.workerId);
        renewedAt = performance.now();
        for (const jobId of cancelled) state.running.stop(jobId, 'cancel');
        await state.admission.renew([...state.leases]);
      } finally {
        if (performance.now() - renewedAt > leaseS * 1000) state.running.stopAll('lease-lost');
      }
      return 'rest';
    },
  });
}
