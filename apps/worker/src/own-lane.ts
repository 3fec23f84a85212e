import type { Lane, LaneKey, OpenOwnKey, WaitingAttempt } from '@sluice/core';
import type { WorkerState } from './worker-state.ts';

/** Calls at once with a key whose provider's limits do not say: one user's jobs must not take a whole lane. */
const concurrency = 20;

/**
 * The lane as a job sees it that is called with its user's own keys: the same provider, and their keys in the place of this
 * service's. They are read for each attempt, and have places, cool-downs and breakers of their own, as these go by key.
 */
export async function openOwnLane(state: WorkerState, lane: Lane, { userId, providerId }: WaitingAttempt): Promise<Lane> {
  const { keys, faults } = await state.openOwnKeys.add({ userId, providerId });
  for (const fault of faults) state.log.error({ ...fault, provider: lane.name, userId }, 'own key of a user cannot be decrypted');
  return { ...lane, keys: keys.map((key) => laneKeyOf(key, lane)) };
}

/** The id tells one revision from the next: what was learnt of a secret says nothing of the one that took its place. */
function laneKeyOf({ id, revision, secret }: OpenOwnKey, { limits }: Lane): LaneKey {
  return { id: `${id}.${revision}`, secret, weight: 1, own: { id, revision }, limits: { concurrency, ...limits } };
}
