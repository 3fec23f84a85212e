import { describe, expect, test } from 'vitest';
import type { Admission, AdmissionLease } from './admission.ts';
import { createTime, keyWith, request, type OpenAdmission } from './admission.contract.ts';
import { faultsMax, firstOpenMs, longestOpenMs, probeMs, probeRecheckMs, type CallOutcome } from './breaker.ts';

/** What every admission keeps of keys that rest for a model: cool-downs and breakers. */
export function describeRests(name: string, open: OpenAdmission): void {
  describe(`${name} admission, resting keys`, () => {
    function begin() {
      const time = createTime();
      const admission = open(time.clock);
      const ask = (keyIds = ['a'], model = 'm') => admission.acquire(request({ keys: keyIds.map((id) => keyWith({}, id)), model }));
      const take = async (keyIds?: string[], model?: string) => {
        const answer = await ask(keyIds, model);
        if (!answer.granted) throw new Error(`refused: ${JSON.stringify(answer)}`);
        return answer.lease;
      };
      const calls = (count: number, outcome: CallOutcome) => callTimes({ admission, take, count, outcome });
      return { admission, time, ask, take, calls };
    }

    test('faults in a row open the breaker of that key and model alone', async () => {
      const { admission, time, ask, take, calls } = begin();
      expect(await calls(faultsMax, 'fault')).toBe('opened');
      expect(await ask()).toEqual({ granted: false, scope: 'rest', waitMs: firstOpenMs });
      await take(['a'], 'another');
      expect(await take(['a', 'b'])).toMatchObject({ keyId: 'b' });
      const untilMs = time.clock().getTime() + firstOpenMs;
      expect(await admission.rests('p')).toEqual([{ keyId: 'a', model: 'm', state: 'open', untilMs }]);
      expect(await admission.rests('q')).toEqual([]);
    });

    test('a good answer in between keeps it closed, and a call that tells nothing changes nothing', async () => {
      const { calls, take } = begin();
      for (let i = 0; i < 3; i += 1) {
        await calls(faultsMax - 1, 'fault');
        await calls(1, 'none');
        expect(await calls(faultsMax * 3, 'ok')).toBe('none');
      }
      await take();
    });

    test('half of many calls in a minute open it too, but not over a longer time', async () => {
      const { calls, ask, time } = begin();
      for (let i = 0; i < 9; i += 1) {
        await calls(1, 'ok');
        await calls(1, 'fault');
      }
      time.advance(61_000);
      expect(await calls(1, 'fault')).toBe('none');
      for (let i = 0; i < 9; i += 1) {
        await calls(1, 'ok');
        expect(await calls(1, 'fault')).toBe('none');
      }
      expect(await calls(1, 'fault')).toBe('opened');
      expect(await ask()).toMatchObject({ granted: false });
    });

    test('nobody there opens it at once', async () => {
      const { calls, ask } = begin();
      expect(await calls(1, 'unreachable')).toBe('opened');
      expect(await ask()).toMatchObject({ granted: false, scope: 'rest', waitMs: firstOpenMs });
    });

    test('half open: of many that ask one goes through; its success closes it', async () => {
      const { admission, time, ask, take, calls } = begin();
      await calls(1, 'unreachable');
      time.advance(firstOpenMs);
      expect(await admission.rests('p')).toMatchObject([{ state: 'half_open' }]);
      const answers = await Promise.all(Array.from({ length: 50 }, () => ask()));
      const leases = answers.flatMap((answer) => (answer.granted ? [answer.lease] : []));
      expect(leases).toHaveLength(1);
      expect(await ask()).toEqual({ granted: false, scope: 'rest', waitMs: probeRecheckMs });
      expect(await admission.report(leases[0] as AdmissionLease, 'ok')).toBe('closed');
      expect(await admission.rests('p')).toEqual([]);
      await Promise.all([take(), take(), take()]);
      expect(await calls(faultsMax - 1, 'fault')).toBe('none');
    });

    test('a probe that fails opens it for twice as long, up to a minute', async () => {
      const { time, ask, calls } = begin();
      const waits: number[] = [];
      for (let i = 0; i < 6; i += 1) {
        await calls(1, 'unreachable');
        const answer = await ask();
        if (answer.granted) throw new Error('granted');
        waits.push(answer.waitMs);
        time.advance(answer.waitMs);
      }
      expect(waits).toEqual([firstOpenMs, 10_000, 20_000, 40_000, longestOpenMs, longestOpenMs]);
      await calls(1, 'ok');
      await calls(1, 'unreachable');
      expect(await ask()).toMatchObject({ waitMs: firstOpenMs });
    });

    test('what began before it opened changes nothing, nor does a probe that was given up', async () => {
      const { admission, time, ask, take, calls } = begin();
      const before = await take();
      await calls(1, 'unreachable');
      expect(await admission.report(before, 'ok')).toBe('none');
      time.advance(firstOpenMs);
      const lost = await take();
      expect(await admission.report(before, 'fault')).toBe('none');
      time.advance(probeMs - 1);
      expect(await ask()).toMatchObject({ granted: false, waitMs: 1 });
      time.advance(1);
      const second = await take();
      expect(await admission.report(lost, 'fault')).toBe('none');
      expect(await admission.report(second, 'none')).toBe('none');
      const third = await take();
      expect(await admission.report(third, 'ok')).toBe('closed');
    });

    test('a cool-down is listed, and outlives the breaker that opens and closes meanwhile', async () => {
      const { admission, time, ask, take, calls } = begin();
      const before = await take();
      const target = { providerId: 'p', keyId: 'a', model: 'm' };
      await admission.coolDown(target, 90_000);
      expect(await admission.rests('p')).toMatchObject([{ keyId: 'a', model: 'm', state: 'cooling' }]);
      expect(await admission.report(before, 'unreachable')).toBe('opened');
      time.advance(firstOpenMs);
      expect(await ask()).toMatchObject({ granted: false, waitMs: 90_000 - firstOpenMs });
      time.advance(90_000);
      expect(await calls(1, 'ok')).toBe('closed');
      await admission.coolDown({ ...target, model: 'x:y' }, 500);
      await admission.coolDown({ ...target, keyId: 'b' }, 500);
      const rests = await admission.rests('p');
      expect(rests.map(({ keyId, model }) => `${keyId} ${model}`)).toEqual(['a x:y', 'b m']);
    });
  });
}

interface Calls {
  admission: Admission;
  take: () => Promise<AdmissionLease>;
  count: number;
  outcome: CallOutcome;
}

/** Makes calls that go so, one after the other; answers what the last one did to the breaker. */
async function callTimes({ admission, take, count, outcome }: Calls): Promise<string> {
  let change = 'none';
  for (let i = 0; i < count; i += 1) {
    const lease = await take();
    change = await admission.report(lease, outcome);
    await admission.release(lease, { actualTokens: 1 });
  }
  return change;
}
