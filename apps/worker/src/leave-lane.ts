import type { Lane, LaneChange } from '@sluice/core';
import { tellEnd } from './tell-end.ts';
import type { WorkerState } from './worker-state.ts';

/** Sends a job on to its next route at once, or ends it when it has none and the change says with what. */
export async function leaveLane(state: WorkerState, change: LaneChange): Promise<void> {
  const left = await state.leave.add(change);
  if (!left) return;
  if (left.message) return state.producer.send([left.message]);
  for (const topic of ['settle', 'deliveries']) state.bell.ring(topic);
  await tellEnd(state, change.jobId);
}

/** What a job ends with that no provider could be asked for. */
export function noKeyError({ name }: Lane): LaneChange['error'] {
  return { code: 'provider_auth', message: `The provider ${name} has no usable key, and the model has no other provider.` };
}

/** What a job ends with whose user had an own key when it was submitted, and has none now. */
export function noOwnKeyError({ name }: Lane): LaneChange['error'] {
  const message = `You have no usable key of your own for ${name} any more: it was removed, or ${name} refused it. GET /v1/provider-keys says why.`;
  return { code: 'provider_auth', message };
}
