import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createTime, keyWith, request, type OpenAdmission } from './admission.contract.ts';
import { batchShareOf, leaseMs, windowMs, type AdmissionKey, type AdmissionLease, type KeyLimits, type RefusalScope } from './admission.ts';

type Step =
  | { do: 'acquire'; model: string; tokens: number; isBatch: boolean }
  | { do: 'release'; which: number; actualTokens: number | undefined }
  | { do: 'renew'; which: number }
  | { do: 'cool'; key: number; model: string; forMs: number }
  | { do: 'wait'; forMs: number };

const model = fc.constantFrom('m', 'n');
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({ do: fc.constant('acquire' as const), model, tokens: fc.integer({ min: 1, max: 120 }), isBatch: fc.boolean() }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('release' as const),
        which: fc.nat(),
        actualTokens: fc.option(fc.nat(200), { nil: undefined }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('renew' as const), which: fc.nat() }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('cool' as const), key: fc.nat(2), model, forMs: fc.integer({ min: 5000, max: 40_000 }) }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), forMs: fc.oneof(fc.nat(50), fc.nat(5000), fc.nat(70_000)) }) },
  ),
  { minLength: 20, maxLength: 80 },
);

const limit = (max: number) => fc.option(fc.integer({ min: 1, max }), { nil: undefined });
const limits = { rpm: limit(6), tpm: limit(300), concurrency: limit(6) };
/** One of the two models may have limits of its own. */
const models = fc.option(fc.record({ m: fc.record({ rpm: limit(4), tpm: limit(200), concurrency: limit(4) }) }), { nil: undefined });
const keys = fc
  .array(fc.record({ weight: fc.integer({ min: 1, max: 5 }), ...limits, models }), { minLength: 1, maxLength: 3 })
  .map((all) => all.map(({ weight, ...given }, i) => keyWith(given, `k${i}`, weight)));

/** Any way through an admission, against a plain model that remembers everything. */
export function describeAdmissionModel(name: string, open: OpenAdmission): void {
  describe(`${name} admission, whatever happens`, () => {
    test('grants when a key has room, refuses when none has, and says when to come back', { timeout: 120_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(keys, steps, async (providerKeys, way) => {
          const time = createTime();
          const admission = open(time.clock);
          const memory = createMemory(providerKeys, () => time.clock().getTime());
          for (const step of way) {
            if (step.do === 'wait') time.advance(step.forMs);
            if (step.do === 'cool') await coolDown(step);
            if (step.do === 'release') await release(step);
            if (step.do === 'renew') await renew(step);
            if (step.do === 'acquire') await acquire(step);
          }

          async function acquire(step: Extract<Step, { do: 'acquire' }>): Promise<void> {
            const open = memory.openKeys(step);
            const answer = await admission.acquire(request({ ...step, keys: providerKeys }));
            if (answer.granted) {
              expect(open).toContain(answer.lease.keyId);
              return memory.grant(answer.lease, step);
            }
            expect(open).toEqual([]);
            expect(answer.scope).toBe(memory.scopeOf(step));
            expect(answer.waitMs).toBeGreaterThan(0);
            // Nothing changes before the wait is over, except that a place may be given back, which only the holder knows.
            const isChanged = (): boolean => (answer.scope === 'provider' ? memory.hasRoom(step) : memory.openKeys(step).length > 0);
            time.advance(answer.waitMs - 1);
            expect(isChanged()).toBe(false);
            time.advance(1);
            expect(isChanged() || memory.isFullOfCalls(step)).toBe(true);
          }

          async function release({ which, actualTokens }: Extract<Step, { do: 'release' }>): Promise<void> {
            const lease = memory.pick(which);
            if (!lease) return;
            await admission.release(lease, actualTokens === undefined ? {} : { actualTokens });
            memory.release(lease, actualTokens);
            if (which % 2 === 0) await admission.release(lease, { actualTokens: 0 });
          }

          async function renew({ which }: Extract<Step, { do: 'renew' }>): Promise<void> {
            const lease = memory.pick(which);
            if (!lease) return;
            await admission.renew([lease]);
            memory.renew(lease);
          }

          async function coolDown({ key, model: cooled, forMs }: Extract<Step, { do: 'cool' }>): Promise<void> {
            await admission.coolDown({ providerId: 'p', keyId: `k${key}`, model: cooled }, forMs);
            memory.coolDown(`k${key}`, cooled, forMs);
          }
        }),
        { numRuns: 150 },
      );
    });
  });
}

/** A key, or a key for one model. */
interface Scope {
  keyId: string;
  model: string | null;
}

interface Wanted {
  model: string;
  tokens: number;
  isBatch: boolean;
}

/** Every grant, charge and lease there ever was. */
function createMemory(keysOfProvider: AdmissionKey[], now: () => number) {
  const grants: { keyId: string; model: string; atMs: number }[] = [];
  const charges: { keyId: string; model: string; second: number; tokens: number }[] = [];
  const cools: { keyId: string; model: string; untilMs: number }[] = [];
  const held = new Map<AdmissionLease, number>();

  const second = (): number => Math.floor(now() / 1000);
  /** Whether something was done with this key, and if a model is named, for that one. */
  const isOf = (scope: Scope) => (done: { keyId: string; model: string }) =>
    done.keyId === scope.keyId && (scope.model === null || done.model === scope.model);
  const holders = (scope: Scope): AdmissionLease[] =>
    [...held].flatMap(([lease, endMs]) => (endMs > now() && isOf(scope)(lease) ? lease : []));

  function hasPlace(scope: Scope, { concurrency = Infinity }: KeyLimits, isBatch: boolean): boolean {
    const all = holders(scope);
    const ofBatches = all.filter((lease) => lease.isBatch).length;
    return all.length < concurrency && (!isBatch || ofBatches < batchShareOf(concurrency));
  }

  function isWithinRates(scope: Scope, { rpm = Infinity, tpm = Infinity }: KeyLimits, tokens: number): boolean {
    const recent = grants.filter((grant) => isOf(scope)(grant) && now() - grant.atMs <= windowMs).length;
    const charged = charges
      .filter((charge) => isOf(scope)(charge) && second() - charge.second <= 60)
      .reduce((sum, charge) => sum + charge.tokens, 0);
    return recent < rpm && (charged === 0 || charged + tokens <= tpm);
  }

  const isOpen = (scope: Scope, given: KeyLimits, { tokens, isBatch }: Wanted): boolean =>
    isWithinRates(scope, given, tokens) && hasPlace(scope, given, isBatch);
  const roomy = (wanted: Wanted): AdmissionKey[] =>
    keysOfProvider.filter(({ id, limits: own }) => isOpen({ keyId: id, model: null }, own, wanted));
  const isCooling = (id: string, wanted: string): boolean =>
    cools.some(({ keyId, model: cooled, untilMs }) => keyId === id && cooled === wanted && untilMs > now());
  /** The limits of a key for the model that is wanted. */
  const ofModel = ({ limits: { models: named } }: AdmissionKey, wanted: string): KeyLimits => named?.[wanted] ?? {};

  return {
    hasRoom: (wanted: Wanted) => roomy(wanted).length > 0,
    scopeOf(wanted: Wanted): RefusalScope {
      const open = roomy(wanted);
      if (open.length === 0) return 'provider';
      return open.every(({ id }) => isCooling(id, wanted.model)) ? 'rest' : 'model';
    },
    openKeys: (wanted: Wanted) =>
      roomy(wanted)
        .filter(
          (key) => !isCooling(key.id, wanted.model) && isOpen({ keyId: key.id, model: wanted.model }, ofModel(key, wanted.model), wanted),
        )
        .map(({ id }) => id),
    /** Some key only lacks a place: the wait is a guess. */
    isFullOfCalls: ({ model: wanted, isBatch }: Wanted) =>
      keysOfProvider.some(
        (key) =>
          !hasPlace({ keyId: key.id, model: null }, key.limits, isBatch) ||
          !hasPlace({ keyId: key.id, model: wanted }, ofModel(key, wanted), isBatch),
      ),
    pick: (which: number) => [...held.keys()][which % Math.max(1, held.size)],
    grant(lease: AdmissionLease, { tokens }: Wanted) {
      const { keyId, model: granted } = lease;
      grants.push({ keyId, model: granted, atMs: now() });
      charges.push({ keyId, model: granted, second: second(), tokens });
      held.set(lease, now() + leaseMs);
    },
    release(lease: AdmissionLease, actualTokens: number | undefined) {
      const isHeld = (held.get(lease) ?? 0) > now();
      held.delete(lease);
      if (!isHeld || actualTokens === undefined) return;
      const difference = actualTokens - lease.tokens;
      const { keyId, model: released } = lease;
      charges.push({ keyId, model: released, second: difference > 0 ? second() : lease.second, tokens: difference });
    },
    renew: (lease: AdmissionLease) => void held.set(lease, now() + leaseMs),
    coolDown: (keyId: string, cooled: string, forMs: number) => void cools.push({ keyId, model: cooled, untilMs: now() + forMs }),
  };
}
