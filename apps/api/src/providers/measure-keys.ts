import { listLaneBacklogs, listLaneKeys, type Database, type LaneKeyRow } from '@sluice/core';
import type { KeyRest } from '@sluice/limits';
import type { Logger } from '@sluice/platform';
import { Gauge, type Registry } from 'prom-client';
import type { AdmissionView } from './present-lane-keys.ts';

interface MeasureKeysParts {
  db: Database;
  admission: AdmissionView;
  log: Logger;
}

/**
 * What state providers' keys are in, looked up when the figures are asked for. Every API process tells the same, so dashboards take
 * the greatest. While a store is away the row is missing, and the other figures are not.
 */
export function measureKeys(registry: Registry, { db, admission, log }: MeasureKeysParts): void {
  new Gauge({
    name: 'sluice_provider_keys',
    help: 'Keys of providers by state; resting: pairs of a key and a model that it is not used for now, by reason',
    labelNames: ['provider', 'state'],
    registers: [registry],
    async collect() {
      this.reset();
      try {
        for (const { provider, counts } of await countKeys(db, admission))
          for (const [state, count] of Object.entries(counts)) this.set({ provider, state }, count);
      } catch (err) {
        log.warn({ err }, 'the states of provider keys could not be measured');
      }
    },
  });
}

async function countKeys(db: Database, admission: AdmissionView): Promise<{ provider: string; counts: Record<string, number> }[]> {
  const [lanes, keys] = await Promise.all([listLaneBacklogs(db.em()), listLaneKeys(db.em())]);
  const byProvider = Map.groupBy(keys, ({ providerId }) => providerId);
  return Promise.all(
    lanes.map(async ({ providerId, provider }) => ({
      provider,
      counts: countStates(byProvider.get(providerId) ?? [], await admission.rests(providerId)),
    })),
  );
}

function countStates(keys: LaneKeyRow[], rests: KeyRest[]): Record<string, number> {
  const enabled = keys.filter(({ isEnabled }) => isEnabled).length;
  // Users' own keys rest too, and are their users' to see.
  const known = new Set(keys.map(({ id }) => id));
  const resting = (state: KeyRest['state']) => rests.filter((rest) => rest.state === state && known.has(rest.keyId)).length;
  return {
    enabled,
    disabled: keys.length - enabled,
    cooling: resting('cooling'),
    open: resting('open'),
    half_open: resting('half_open'),
  };
}
