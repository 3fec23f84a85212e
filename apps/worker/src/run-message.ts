import type { AttemptRef } from '@sluice/core';
import type { HandleResult } from '@sluice/queue';
import type { Lane } from './lanes.ts';
import { runAttempt } from './run-attempt.ts';
import type { WorkerState } from './worker-state.ts';

/**
 * What a message wakes: look at the attempt, get a key with room, claim the row, run. A message that comes twice or late finds
 * nothing to claim and is dropped; one that finds no room waits, and no attempt is used up.
 */
export async function runMessage(state: WorkerState, lane: Lane, ref: AttemptRef): Promise<HandleResult> {
  const waiting = await state.look.add(ref);
  if (!waiting || waiting.providerId !== lane.providerId) return { type: 'done' };
  const { providerId, model, tokens, priority } = waiting;
  const admitted = await state.admission.acquire({ providerId, model, keys: lane.keys, tokens, isBatch: priority === 'batch' });
  if (!admitted.granted) return { type: admitted.scope === 'provider' ? 'wait-lane' : 'wait-message', waitMs: admitted.waitMs };

  const { lease } = admitted;
  let actualTokens = 0;
  state.leases.add(lease);
  try {
    const job = await state.claim.add({ ...ref, workerId: state.workerId, providerKeyId: lease.keyId });
    if (job) actualTokens = await runAttempt(state, { job, lane, keyId: lease.keyId });
  } finally {
    state.leases.delete(lease);
    // Where the store is away, the lease ends by itself.
    await state.admission.release(lease, { actualTokens }).catch((err: unknown) => state.log.warn({ err }, 'room not given back'));
  }
  return { type: 'done' };
}
