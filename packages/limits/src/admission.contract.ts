import type { Clock } from '@sluice/platform';
import { describe, expect, test } from 'vitest';
import {
  leaseMs,
  noKeyWaitMs,
  recheckMs,
  windowMs,
  type Admission,
  type AdmissionKey,
  type AdmissionLease,
  type AdmissionRequest,
} from './admission.ts';

/** Makes an admission of its own, with its own time. */
export type OpenAdmission = (clock: Clock) => Admission;

/** What every admission keeps, wherever it keeps its numbers. The random ways through it are in admission-model.contract.ts. */
export function describeAdmission(name: string, open: OpenAdmission): void {
  describe(`${name} admission`, () => {
    test('rpm holds in any 60 s, and the wait is exact', async () => {
      const { admission, time } = begin(open);
      const key = keyWith({ rpm: 3 });
      for (const pauseMs of [0, 10_000, 10_000]) {
        time.advance(pauseMs);
        await granted(admission, { keys: [key] });
      }
      expect(await admission.acquire(request({ keys: [key] }))).toEqual({ granted: false, scope: 'provider', waitMs: 40_001 });
      time.advance(40_000);
      expect(await admission.acquire(request({ keys: [key] }))).toEqual({ granted: false, scope: 'provider', waitMs: 1 });
      time.advance(1);
      await granted(admission, { keys: [key] });
      expect(await admission.acquire(request({ keys: [key] }))).toMatchObject({ waitMs: 10_000 });
    });

    test('a lowered rpm counts what was granted under the higher one', async () => {
      const { admission } = begin(open);
      for (let i = 0; i < 5; i += 1) await granted(admission, { keys: [keyWith({ rpm: 10 })] });
      expect(await admission.acquire(request({ keys: [keyWith({ rpm: 4 })] }))).toMatchObject({ granted: false });
      await granted(admission, { keys: [keyWith({ rpm: 6 })] });
    });

    test('tpm charges the estimate, and the release corrects it in both directions, once', async () => {
      const { admission, time } = begin(open);
      const keys = [keyWith({ tpm: 1000 })];
      const first = await granted(admission, { keys, tokens: 900 });
      expect(await admission.acquire(request({ keys, tokens: 200 }))).toMatchObject({ granted: false, scope: 'provider' });
      await admission.release(first, { actualTokens: 100 });
      await admission.release(first, { actualTokens: 100 });
      const second = await granted(admission, { keys, tokens: 900 });
      expect(await admission.acquire(request({ keys, tokens: 1 }))).toMatchObject({ granted: false });
      time.advance(10_000);
      await admission.release(second, { actualTokens: 1400 });
      expect(await admission.acquire(request({ keys, tokens: 100 }))).toMatchObject({ granted: false, waitMs: 51_000 });
      time.advance(51_000);
      await granted(admission, { keys, tokens: 400 });
      expect(await admission.acquire(request({ keys, tokens: 200 }))).toMatchObject({ granted: false, waitMs: 10_000 });
    });

    test('a request that is larger than tpm is let through alone', async () => {
      const { admission, time } = begin(open);
      const keys = [keyWith({ tpm: 1000 })];
      await granted(admission, { keys, tokens: 10 });
      const refused = await admission.acquire(request({ keys, tokens: 5000 }));
      expect(refused).toEqual({ granted: false, scope: 'provider', waitMs: 61_000 });
      time.advance(61_000);
      await granted(admission, { keys, tokens: 5000 });
      expect(await admission.acquire(request({ keys, tokens: 1 }))).toMatchObject({ granted: false, waitMs: 61_000 });
    });

    test('concurrency counts leases until they are released, and a wait is short', async () => {
      const { admission } = begin(open);
      const keys = [keyWith({ concurrency: 2 })];
      const first = await granted(admission, { keys });
      await granted(admission, { keys });
      expect(await admission.acquire(request({ keys }))).toEqual({ granted: false, scope: 'provider', waitMs: recheckMs });
      await admission.release(first);
      await granted(admission, { keys });
      await admission.release(first);
      expect(await admission.acquire(request({ keys }))).toMatchObject({ granted: false });
    });

    test('a lease ends by itself unless it is renewed; releasing it late takes nothing from its successor', async () => {
      const { admission, time } = begin(open);
      const keys = [keyWith({ concurrency: 2 })];
      const dead = await granted(admission, { keys });
      const alive = await granted(admission, { keys });
      time.advance(leaseMs - 20);
      await admission.renew([alive]);
      expect(await admission.acquire(request({ keys }))).toMatchObject({ granted: false, waitMs: 20 });
      time.advance(20);
      await granted(admission, { keys });
      await admission.release(dead, { actualTokens: 0 });
      expect(await admission.acquire(request({ keys }))).toMatchObject({ granted: false });
    });

    test('a renewed lease that was forgotten counts again, since its call still runs', async () => {
      const { admission, time } = begin(open);
      const keys = [keyWith({ concurrency: 1 })];
      const slow = await granted(admission, { keys });
      time.advance(leaseMs);
      await admission.renew([slow]);
      expect(await admission.acquire(request({ keys }))).toMatchObject({ granted: false });
    });

    test('batches hold at most 80 % of the places, and at least one', async () => {
      const { admission } = begin(open);
      const keys = [keyWith({ concurrency: 5 })];
      for (let i = 0; i < 4; i += 1) await granted(admission, { keys, isBatch: true });
      expect(await admission.acquire(request({ keys, isBatch: true }))).toEqual({ granted: false, scope: 'provider', waitMs: recheckMs });
      await granted(admission, { keys });
      expect(await admission.acquire(request({ keys }))).toMatchObject({ granted: false });
      await granted(admission, { providerId: 'other', keys: [keyWith({ concurrency: 1 })], isBatch: true });
    });

    test('a cool-down is for one key and one model, and is never shortened', async () => {
      const { admission, time } = begin(open);
      const [a, b] = [keyWith({ rpm: 100 }, 'a'), keyWith({ rpm: 100 }, 'b')];
      await admission.coolDown({ providerId: 'p', keyId: 'a', model: 'm' }, 20_000);
      await admission.coolDown({ providerId: 'p', keyId: 'a', model: 'm' }, 5000);
      for (let i = 0; i < 5; i += 1) expect(await granted(admission, { keys: [a, b] })).toMatchObject({ keyId: 'b' });
      expect(await admission.acquire(request({ keys: [a] }))).toEqual({ granted: false, scope: 'rest', waitMs: 20_000 });
      await granted(admission, { keys: [a], model: 'another' });
      await admission.coolDown({ providerId: 'p', keyId: 'b', model: 'm' }, 7000);
      expect(await admission.acquire(request({ keys: [a, b] }))).toEqual({ granted: false, scope: 'rest', waitMs: 7000 });
      time.advance(7000);
      expect(await granted(admission, { keys: [a, b] })).toMatchObject({ keyId: 'b' });
    });

    test('a key that is full and cools down holds up the lane only until it has room for other models', async () => {
      const { admission, time } = begin(open);
      const keys = [keyWith({ rpm: 1 })];
      await granted(admission, { keys });
      time.advance(30_000);
      await admission.coolDown({ providerId: 'p', keyId: 'k', model: 'm' }, 50_000);
      expect(await admission.acquire(request({ keys }))).toEqual({ granted: false, scope: 'provider', waitMs: windowMs - 30_000 + 1 });
      time.advance(windowMs - 30_000 + 1);
      expect(await admission.acquire(request({ keys }))).toMatchObject({ scope: 'rest', waitMs: 50_000 - (windowMs - 30_000 + 1) });
    });

    test('keys are used by their weights, and another one with room stands in', async () => {
      const { admission } = begin(open);
      const keys = [keyWith({}, 'a', 6), keyWith({}, 'b', 3), keyWith({ rpm: 20 }, 'c', 1)];
      const counts = new Map<string, number>();
      for (let i = 0; i < 500; i += 1) {
        const { keyId } = await granted(admission, { keys });
        counts.set(keyId, (counts.get(keyId) ?? 0) + 1);
      }
      expect(counts.get('c')).toBe(20);
      expect((counts.get('a') ?? 0) / (counts.get('b') ?? 0)).toBeGreaterThan(1.8);
      expect((counts.get('a') ?? 0) / (counts.get('b') ?? 0)).toBeLessThan(2.2);
    });

    test('many at once get exactly what there is', async () => {
      const { admission } = begin(open);
      const keys = [keyWith({ concurrency: 7, rpm: 100 }, 'a'), keyWith({ rpm: 4 }, 'b'), keyWith({ tpm: 35 }, 'c')];
      const answers = await Promise.all(Array.from({ length: 300 }, () => admission.acquire(request({ keys }))));
      const keyIds = answers.flatMap((answer) => (answer.granted ? answer.lease.keyId : []));
      expect(keyIds.toSorted().join('')).toBe('aaaaaaabbbbccc');
      expect(new Set(answers.flatMap((answer) => (answer.granted ? answer.lease.leaseId : []))).size).toBe(14);
    });

    test("a key's limits for one model hold besides its own: that model waits, the lane goes on", async () => {
      const { admission, time } = begin(open);
      const keys = [keyWith({ rpm: 10, models: { m: { rpm: 2 }, '': { rpm: 1 } } })];
      await granted(admission, { keys });
      time.advance(10_000);
      await granted(admission, { keys });
      expect(await admission.acquire(request({ keys }))).toEqual({ granted: false, scope: 'model', waitMs: windowMs - 10_000 + 1 });
      for (let i = 0; i < 8; i += 1) await granted(admission, { keys, model: 'another' });
      // Now the key itself is full, for whatever model.
      expect(await admission.acquire(request({ keys }))).toMatchObject({ granted: false, scope: 'provider' });
      expect(await admission.acquire(request({ keys, model: 'constructor' }))).toMatchObject({ granted: false, scope: 'provider' });
      time.advance(windowMs - 10_000 + 1);
      await granted(admission, { keys });
    });

    test('tokens and calls at once are counted for the model and for the key, and given back to both', async () => {
      const { admission } = begin(open);
      const keys = [keyWith({ tpm: 1000, concurrency: 3, models: { m: { tpm: 500, concurrency: 2 } } })];
      const first = await granted(admission, { keys, tokens: 400 });
      expect(await admission.acquire(request({ keys, tokens: 200 }))).toEqual({ granted: false, scope: 'model', waitMs: 61_000 });
      await admission.release(first, { actualTokens: 100 });
      const second = await granted(admission, { keys, tokens: 200 });
      await granted(admission, { keys, tokens: 200 });
      expect(await admission.acquire(request({ keys, tokens: 0 }))).toEqual({ granted: false, scope: 'model', waitMs: recheckMs });
      await granted(admission, { keys, tokens: 400, model: 'another' });
      expect(await admission.acquire(request({ keys, tokens: 0 }))).toMatchObject({ granted: false, scope: 'provider' });
      await admission.release(second);
      await granted(admission, { keys, tokens: 0 });
      expect(await admission.uses('p', keys)).toEqual([
        { keyId: 'k', model: null, limits: { rpm: undefined, tpm: 1000, concurrency: 3 }, requests: null, tokens: 900, calls: 3 },
        { keyId: 'k', model: 'm', limits: { tpm: 500, concurrency: 2 }, requests: null, tokens: 500, calls: 2 },
      ]);
    });

    test('keys that are full for a model are waited for; only when all with room rest for it does it rest', async () => {
      const { admission, time } = begin(open);
      const keys = [keyWith({ models: { m: { rpm: 1 } } }, 'a'), keyWith({}, 'b')];
      await admission.coolDown({ providerId: 'p', keyId: 'b', model: 'm' }, 20_000);
      await granted(admission, { keys });
      expect(await admission.acquire(request({ keys }))).toEqual({ granted: false, scope: 'model', waitMs: 20_000 });
      await admission.coolDown({ providerId: 'p', keyId: 'a', model: 'm' }, 30_000);
      expect(await admission.acquire(request({ keys }))).toEqual({ granted: false, scope: 'rest', waitMs: 20_000 });
      time.advance(20_000);
      expect(await granted(admission, { keys })).toMatchObject({ keyId: 'b' });
    });

    test('a model that is full with one key is asked with another', async () => {
      const { admission } = begin(open);
      const keys = [keyWith({ models: { m: { concurrency: 1 } } }, 'a'), keyWith({ models: { m: { concurrency: 1 } } }, 'b')];
      const both = [await granted(admission, { keys }), await granted(admission, { keys })];
      expect(both.map(({ keyId }) => keyId).toSorted()).toEqual(['a', 'b']);
      expect(await admission.acquire(request({ keys }))).toEqual({ granted: false, scope: 'model', waitMs: recheckMs });
    });

    test('places for one model end and are renewed like those of a key, and batches hold their share of them', async () => {
      const { admission, time } = begin(open);
      const keys = [keyWith({ models: { m: { concurrency: 5 } } })];
      const batch = await Promise.all([1, 2, 3, 4].map(() => granted(admission, { keys, isBatch: true })));
      expect(await admission.acquire(request({ keys, isBatch: true }))).toMatchObject({ granted: false, scope: 'model' });
      await granted(admission, { keys });
      time.advance(leaseMs - 10);
      await admission.renew(batch);
      time.advance(10);
      await granted(admission, { keys });
      expect(await admission.acquire(request({ keys }))).toMatchObject({ granted: false, scope: 'model' });
      time.advance(leaseMs);
      for (let i = 0; i < 5; i += 1) await granted(admission, { keys });
    });

    test('what is taken of the limits can be seen, and looking changes nothing', async () => {
      const { admission, time } = begin(open);
      const keys = [keyWith({ rpm: 10, tpm: 100, concurrency: 5 }), keyWith({}, 'free')];
      const free = { keyId: 'free', model: null, requests: null, tokens: null, calls: null };
      const seen = async () => (await admission.uses('p', keys)).map(({ limits: _limits, ...use }) => use);
      expect(await seen()).toEqual([{ keyId: 'k', model: null, requests: 0, tokens: 0, calls: 0 }, free]);
      for (const isBatch of [true, false]) await granted(admission, { keys: keys.slice(0, 1), isBatch });
      expect(await seen()).toEqual([{ keyId: 'k', model: null, requests: 2, tokens: 20, calls: 2 }, free]);
      time.advance(leaseMs);
      expect(await seen()).toEqual([{ keyId: 'k', model: null, requests: 2, tokens: 20, calls: 0 }, free]);
      time.advance(windowMs);
      expect(await seen()).toEqual([{ keyId: 'k', model: null, requests: 0, tokens: 0, calls: 0 }, free]);
      expect(await admission.uses('p', [])).toEqual([]);
    });

    test('without a key there is nothing to wait for but an administrator', async () => {
      const { admission } = begin(open);
      expect(await admission.acquire(request({ keys: [] }))).toEqual({ granted: false, scope: 'provider', waitMs: noKeyWaitMs });
    });

    test('providers do not know of each other, nor models with strange names', async () => {
      const { admission } = begin(open);
      const keys = [keyWith({ concurrency: 1 })];
      await granted(admission, { keys, providerId: 'p' });
      await granted(admission, { keys, providerId: 'q' });
      await admission.coolDown({ providerId: 'r', keyId: 'k', model: 'a:b/c "d" ü' }, 5000);
      expect(await admission.acquire(request({ keys, providerId: 'r', model: 'a:b/c "d" ü' }))).toMatchObject({ scope: 'rest' });
      await granted(admission, { keys, providerId: 'r', model: 'a' });
    });
  });
}

interface Time {
  clock: Clock;
  advance(byMs: number): void;
}

export function createTime(): Time {
  let nowMs = 1_800_000_000_000;
  return { clock: () => new Date(nowMs), advance: (byMs) => void (nowMs += byMs) };
}

function begin(open: OpenAdmission): { admission: Admission; time: Time } {
  const time = createTime();
  return { admission: open(time.clock), time };
}

export function keyWith(limits: AdmissionKey['limits'], id = 'k', weight = 1): AdmissionKey {
  return { id, weight, limits };
}

export function request(facts: Partial<AdmissionRequest>): AdmissionRequest {
  return { providerId: 'p', model: 'm', keys: [], tokens: 10, isBatch: false, ...facts };
}

async function granted(admission: Admission, facts: Partial<AdmissionRequest>): Promise<AdmissionLease> {
  const answer = await admission.acquire(request(facts));
  if (!answer.granted) throw new Error(`refused: ${JSON.stringify(answer)}`);
  return answer.lease;
}
