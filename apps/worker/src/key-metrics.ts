import type { RefusalScope } from '@sluice/limits';
import { Counter, type Registry } from 'prom-client';

/** What becomes of providers' keys, and of jobs that find none. */
export interface KeyMetrics {
  /** A message found no room with any key (the whole lane waits), or none for its model, or keys that rest for it. */
  messageWaits(provider: string, scope: RefusalScope): void;
  /** A job went to its next route, or ended, because nobody could be asked here. */
  laneLeft(provider: string, reason: 'no_key' | 'no_own_key' | 'resting'): void;
  keyRested(provider: string, failure: string): void;
  keyDisabled(provider: string, owner: 'platform' | 'user'): void;
  breakerChanged(provider: string, to: 'opened' | 'closed'): void;
}

export function createKeyMetrics(registers: Registry[]): KeyMetrics {
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Counter({ name, help, labelNames, registers });
  const waits = counter('sluice_admission_waits_total', 'Times that a message found no room with a provider', ['provider', 'scope']);
  const left = counter('sluice_lane_changes_total', 'Jobs that left a lane which could not serve them', ['provider', 'reason']);
  const rested = counter('sluice_key_cool_downs_total', 'Cool-downs of a key for a model, by failure', ['provider', 'failure']);
  const disabled = counter('sluice_keys_disabled_total', 'Keys that their provider refused, by whose they were', ['provider', 'owner']);
  const breakers = counter('sluice_breaker_changes_total', 'Breakers that opened or closed', ['provider', 'to']);
  return {
    messageWaits: (provider, scope) => waits.inc({ provider, scope }),
    laneLeft: (provider, reason) => left.inc({ provider, reason }),
    keyRested: (provider, failure) => rested.inc({ provider, failure }),
    keyDisabled: (provider, owner) => disabled.inc({ provider, owner }),
    breakerChanged: (provider, to) => breakers.inc({ provider, to }),
  };
}
