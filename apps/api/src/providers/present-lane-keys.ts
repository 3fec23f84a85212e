import type { LaneKeyObject, LimitUseObject } from '@sluice/contract';
import type { LaneKeyRow } from '@sluice/core';
import type { Admission, KeyRest, LimitUse } from '@sluice/limits';

/** What may be seen of the limits, not changed. */
export type AdmissionView = Pick<Admission, 'rests' | 'uses'>;

/** One provider's keys with what is taken of their limits and what they rest for; null where the store of limits is away. */
export async function presentLaneKeys(
  admission: AdmissionView,
  keys: LaneKeyRow[],
  onError: (err: unknown) => void,
): Promise<LaneKeyObject[]> {
  const [first] = keys;
  if (!first) return [];
  const seen = await look(admission, first.providerId, keys).catch((err: unknown) => (onError(err), null));
  return keys.map(({ id, lastFour, isEnabled, disabledReason, running }) => ({
    id,
    object: 'lane_key',
    last_four: lastFour,
    enabled: isEnabled,
    disabled_reason: disabledReason,
    running,
    limits: seen && seen.uses.filter((use) => use.keyId === id).flatMap(presentUse),
    rests: seen && seen.rests.filter((rest) => rest.keyId === id).map(presentRest),
  }));
}

async function look(admission: AdmissionView, providerId: string, keys: LaneKeyRow[]): Promise<{ uses: LimitUse[]; rests: KeyRest[] }> {
  const [uses, rests] = await Promise.all([admission.uses(providerId, keys), admission.rests(providerId)]);
  return { uses, rests };
}

/** Nothing for a key without limits. */
function presentUse({ model, limits, requests, tokens, calls }: LimitUse): LimitUseObject[] {
  const taken = (used: number | null, limit: number | undefined) => (used === null || limit === undefined ? null : { used, limit });
  const use = { rpm: taken(requests, limits.rpm), tpm: taken(tokens, limits.tpm), concurrency: taken(calls, limits.concurrency) };
  return use.rpm || use.tpm || use.concurrency ? [{ model, ...use }] : [];
}

function presentRest({ model, state, untilMs }: KeyRest): { model: string; state: KeyRest['state']; until: string } {
  return { model, state, until: new Date(untilMs).toISOString() };
}
