import type { AttemptRef, Lane, LaneKey, WaitingAttempt } from '@sluice/core';
import type { AdmissionLease, Admitted } from '@sluice/limits';
import type { HandleResult } from '@sluice/queue';
import { leaveLane, noKeyError, noOwnKeyError } from './leave-lane.ts';
import { openOwnLane } from './own-lane.ts';
import { runAttempt } from './run-attempt.ts';
import { treatKey } from './treat-key.ts';
import type { WorkerState } from './worker-state.ts';

/** Changing lanes for less than this gains nothing. */
const worthwhileMs = 1000;

/**
 * What a message wakes: look at the attempt, get a key with room, claim the row, run. A message that comes twice or late finds
 * nothing to claim and is dropped; one that finds no room waits, and no attempt is used up.
 */
export async function runMessage(state: WorkerState, served: Lane, ref: AttemptRef): Promise<HandleResult> {
  const waiting = await state.look.add(ref);
  if (!waiting || waiting.providerId !== served.providerId) return { type: 'done' };
  const lane = waiting.usesOwnKey ? await openOwnLane(state, served, waiting) : served;
  const { providerId, model, tokens, priority } = waiting;
  // As they are now: a key that is refused meanwhile leaves the lane, but not a call that has it already.
  const { keys } = lane;
  if (keys.length === 0) return moveOn(state, { lane, ref, reason: waiting.usesOwnKey ? 'no_own_key' : 'no_key' });
  const admitted = await state.admission.acquire({ providerId, model, keys, tokens, isBatch: priority === 'batch' });
  if (!admitted.granted) return waitOrMoveOn(state, { lane, waiting, refused: admitted });

  const { lease } = admitted;
  const key = keyOf(keys, lease);
  let actualTokens = 0;
  state.leases.add(lease);
  try {
    const job = await state.claim.add({ ...ref, workerId: state.workerId, providerKeyId: lease.keyId });
    if (job) actualTokens = await runAttempt(state, { job, lane, lease, key });
    // Nothing was asked, so the provider told nothing; a probe must not wait for this one.
    else await treatKey(state, { lane, lease, key, result: null });
  } finally {
    state.leases.delete(lease);
    await state.admission.release(lease, { actualTokens });
  }
  return { type: 'done' };
}

function keyOf(keys: LaneKey[], { keyId }: AdmissionLease): LaneKey {
  const key = keys.find(({ id }) => id === keyId);
  if (!key) throw new Error(`admission chose the key ${keyId}, which was not offered`);
  return key;
}

interface Refused {
  lane: Lane;
  waiting: WaitingAttempt;
  refused: Extract<Admitted, { granted: false }>;
}

/**
 * Limits are waited for. A provider that has to be left alone is not, when the model can be asked elsewhere. A user's own keys
 * that are all taken are that user's jobs' to wait for, never the lane's.
 */
async function waitOrMoveOn(state: WorkerState, { lane, waiting, refused: { scope, waitMs } }: Refused): Promise<HandleResult> {
  if (scope === 'rest' && waiting.hasNextRoute && waitMs > worthwhileMs) return moveOn(state, { lane, ref: waiting, reason: 'resting' });
  state.metrics.messageWaits(lane.name, scope);
  if (scope === 'provider' && !waiting.usesOwnKey) return { type: 'wait-lane', waitMs };
  const { providerId, model, usesOwnKey, userId } = waiting;
  return { type: 'wait-message', waitMs: state.turns.takeTurn([providerId, model, usesOwnKey ? userId : ''], waitMs) };
}

interface Moving {
  lane: Lane;
  ref: AttemptRef;
  reason: 'no_key' | 'no_own_key' | 'resting';
}

const errors = { no_key: noKeyError, no_own_key: noOwnKeyError, resting: () => null };

async function moveOn(state: WorkerState, { lane, ref: { jobId, attempt }, reason }: Moving): Promise<HandleResult> {
  state.metrics.laneLeft(lane.name, reason);
  await leaveLane(state, { jobId, attempt, error: errors[reason](lane) });
  return { type: 'done' };
}
