import { randomUUID } from 'node:crypto';
import { createBatcher, type Batcher, type Clock } from '@sluice/platform';
import type { Redis } from 'ioredis';
import { noKeyWaitMs, type Admission, type AdmissionLease, type AdmissionRequest, type Admitted, type LimitUse } from './admission.ts';
import { acquireLua, coolDownLua, listRestsLua, releaseLua, renewLua, reportLua, usesLua } from './admission-scripts.ts';
import { planAcquire, readAnswers } from './acquire-call.ts';
import type { BreakerChange } from './breaker.ts';
import { createSpread } from './key-spread.ts';
import { allMeters, renderUse, type Meter } from './meters.ts';
import { readRests } from './read-rests.ts';

export interface RedisAdmissionParts {
  /** Belongs to the caller, who closes it. */
  redis: Redis;
  prefix: string;
  /** Takes the place of Redis's own time, for tests. */
  clock?: Clock;
}

interface AdmissionCommands {
  sluiceAcquire(base: string, given: string): Promise<unknown>;
  sluiceRelease(base: string, given: string): Promise<unknown>;
  sluiceRenew(base: string, given: string): Promise<unknown>;
  sluiceCoolDown(base: string, given: string): Promise<unknown>;
  sluiceReport(base: string, given: string): Promise<unknown>;
  sluiceListRests(base: string, given: string): Promise<unknown>;
  sluiceUses(base: string, given: string): Promise<unknown>;
}

/** A result for one of many that were asked for together: a fault of the store is everybody's, and is not tried again for each. */
type Acquired = Admitted | { error: unknown };

/**
 * Admission for all processes on one Redis. Acquires for a provider that arrive while one is under way go together in one
 * script call, so that hundreds a second cost a few round trips.
 */
export function createRedisAdmission({ redis, prefix, clock }: RedisAdmissionParts): Admission {
  const commands = defineCommands(redis);
  const batchers = new Map<string, Batcher<AdmissionRequest, Acquired>>();
  const spread = createSpread(Math.random());

  const baseOf = (providerId: string): string => `${prefix}:limits:{${providerId}}`;
  const render = (given: object): string => JSON.stringify({ ...given, now: clock?.().getTime() });

  function batcherOf(providerId: string): Batcher<AdmissionRequest, Acquired> {
    const batcher = batchers.get(providerId) ?? createBatcher({ flush: (requests) => acquireAll(providerId, requests) });
    batchers.set(providerId, batcher);
    return batcher;
  }

  async function acquireAll(providerId: string, requests: AdmissionRequest[]): Promise<Acquired[]> {
    const call = planAcquire(requests, () => ({ spread: spread(), leaseId: randomUUID() }));
    try {
      return readAnswers(call, await commands.sluiceAcquire(baseOf(providerId), render(call.given)));
    } catch (error) {
      return requests.map(() => ({ error }));
    }
  }

  return {
    async acquire(request) {
      if (request.keys.length === 0) return { granted: false, scope: 'provider', waitMs: noKeyWaitMs };
      const acquired = await batcherOf(request.providerId).add(request);
      if ('error' in acquired) throw acquired.error;
      return acquired;
    },
    async release(lease, { actualTokens } = {}) {
      if (lease.meterIds.length === 0) return;
      await commands.sluiceRelease(
        baseOf(lease.providerId),
        render({ places: placesOf(lease), tokens: lease.tokens, second: lease.second, actualTokens }),
      );
    },
    async coolDown({ providerId, keyId, model }, forMs) {
      await commands.sluiceCoolDown(baseOf(providerId), render({ keyId, model, forMs: Math.ceil(forMs) }));
    },
    async report({ providerId, keyId, model, leaseId }, outcome) {
      return (await commands.sluiceReport(baseOf(providerId), render({ keyId, model, leaseId, outcome }))) as BreakerChange;
    },
    ...createViews({ commands, baseOf, render }),
    async renew(leases) {
      const byProvider = Map.groupBy(
        leases.filter(({ meterIds }) => meterIds.length > 0),
        ({ providerId }) => providerId,
      );
      await Promise.all(
        [...byProvider].map(([providerId, own]) => commands.sluiceRenew(baseOf(providerId), render({ places: own.flatMap(placesOf) }))),
      );
    },
    close: () => Promise.resolve(),
  };
}

interface ViewParts {
  commands: AdmissionCommands;
  baseOf(providerId: string): string;
  render(given: object): string;
}

/** What only looks. */
function createViews({ commands, baseOf, render }: ViewParts): Pick<Admission, 'rests' | 'uses'> {
  return {
    rests: async (providerId) => readRests(await commands.sluiceListRests(baseOf(providerId), render({}))),
    async uses(providerId, keys) {
      const meters = allMeters(keys);
      if (meters.length === 0) return [];
      return readUses(meters, await commands.sluiceUses(baseOf(providerId), render({ meterIds: meters.map(({ id }) => id) })));
    },
  };
}

function readUses(meters: Meter[], answer: unknown): LimitUse[] {
  const rows = answer as [requests: number, tokens: number, calls: number][];
  return meters.map((meter, i) => {
    const [requests, tokens, calls] = rows[i] ?? [0, 0, 0];
    return renderUse(meter, { requests, tokens, calls });
  });
}

/** The places that a lease holds, one with each of its meters. */
function placesOf({ meterIds, leaseId, isBatch }: AdmissionLease): { meterId: string; leaseId: string; kind: string }[] {
  return meterIds.map((meterId) => ({ meterId, leaseId, kind: isBatch ? 'batch' : 'interactive' }));
}

function defineCommands(redis: Redis): AdmissionCommands {
  redis.defineCommand('sluiceAcquire', { lua: acquireLua, numberOfKeys: 1 });
  redis.defineCommand('sluiceRelease', { lua: releaseLua, numberOfKeys: 1 });
  redis.defineCommand('sluiceRenew', { lua: renewLua, numberOfKeys: 1 });
  redis.defineCommand('sluiceCoolDown', { lua: coolDownLua, numberOfKeys: 1 });
  redis.defineCommand('sluiceReport', { lua: reportLua, numberOfKeys: 1 });
  redis.defineCommand('sluiceListRests', { lua: listRestsLua, numberOfKeys: 1 });
  redis.defineCommand('sluiceUses', { lua: usesLua, numberOfKeys: 1 });
  return redis as Redis & AdmissionCommands;
}
