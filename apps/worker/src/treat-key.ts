import { disableOwnKey, disableProviderKey, type Lane, type LaneKey } from '@sluice/core';
import type { AdmissionLease } from '@sluice/limits';
import type { AttemptResult } from './attempt-result.ts';
import { decideKeyTreatment } from './key-treatment.ts';
import type { WorkerState } from './worker-state.ts';

interface UsedKey {
  lane: Lane;
  lease: AdmissionLease;
  /** Of the lease. */
  key: LaneKey;
  /** Null when the provider was not asked after all. */
  result: AttemptResult | null;
}

/**
 * Lets everybody know what a call said of its key, before its job can be tried again. The job's own end does not depend on it:
 * what cannot be told now, the next call tells.
 */
export async function treatKey(state: WorkerState, { lane, lease, key, result }: UsedKey): Promise<void> {
  const { outcome, coolMs, isRefused } = decideKeyTreatment(result);
  const { keyId, model } = lease;
  const facts = { provider: lane.name, keyId, model };
  try {
    if (isRefused && result?.type === 'failed') await takeOutOfUse(state, { lane, key, message: result.message });
    if (coolMs > 0) {
      await state.admission.coolDown(lease, coolMs);
      state.metrics.keyRested(lane.name, result?.type === 'failed' ? result.kind : '');
      state.log.info({ ...facts, coolMs }, 'provider key cools down for a model');
    }
    const change = await state.admission.report(lease, outcome);
    if (change === 'none') return;
    state.metrics.breakerChanged(lane.name, change);
    state.log.warn(
      facts,
      change === 'opened' ? 'breaker opened: the provider keeps failing' : 'breaker closed: the provider answers again',
    );
  } catch (err) {
    state.log.error({ ...facts, err }, 'what a call said of its key could not be told');
  }
}

interface RefusedKey {
  lane: Lane;
  key: LaneKey;
  message: string;
}

async function takeOutOfUse(state: WorkerState, { lane, key, message }: RefusedKey): Promise<void> {
  // Here at once; elsewhere with the bell, and at the latest when the providers are read again.
  lane.keys = lane.keys.filter(({ id }) => id !== key.id);
  const { id: keyId, own } = key;
  const isNews = own
    ? await disableOwnKey(state.db.em(), own, message)
    : await disableProviderKey(state.db.em(), { keyId, reason: message });
  if (!isNews) return;
  state.metrics.keyDisabled(lane.name, own ? 'user' : 'platform');
  if (own) return state.log.info({ provider: lane.name, keyId }, 'own key of a user disabled: its provider refused it');
  state.bell.ring('providers');
  state.log.error({ provider: lane.name, keyId, reason: message }, 'provider key disabled: its provider refused it');
}
