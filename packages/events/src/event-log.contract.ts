import { eventId, type EventPosition, type JobEventEntry } from '@sluice/contract';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { appendJobEnd } from './append-job-end.ts';
import type { EventLog } from './event-log.ts';
import { endOf, startOf, textOf, usageOf } from './events.fixture.ts';

/** A log under test, and how to end it. */
export interface OpenedLog {
  log: EventLog;
  close: () => Promise<void>;
}

const retentionS = 600;
let jobs = 0;
export const newJobId = (): string => `job_${(jobs += 1)}_${process.pid}`;

/** What every event log keeps, whatever it is made of. */
export function describeEventLog(name: string, open: () => Promise<OpenedLog>): void {
  describe(`${name} as an event log`, () => {
    let opened: OpenedLog;
    let log: EventLog;
    beforeAll(async () => {
      opened = await open();
      log = opened.log;
    });
    afterAll(() => opened.close());

    const append = (jobId: string, id: string, ...events: Parameters<EventLog['append']>[2]) =>
      log.append(jobId, at(id), events, retentionS);
    const idsAfter = async (jobId: string, after: string | null) =>
      (await log.read(jobId, after === null ? null : at(after), 100)).entries.map(({ id }) => id);

    test('what is appended is read back in order, under ids that count from the given one', async () => {
      const jobId = newJobId();
      expect(await append(jobId, '1-0', startOf(1), textOf(1, 'a'))).toBe('appended');
      expect(await append(jobId, '1-2', textOf(1, 'b'))).toBe('appended');
      expect(await log.read(jobId, null, 100)).toEqual({
        entries: [
          { id: '1-0', event: startOf(1) },
          { id: '1-1', event: textOf(1, 'a') },
          { id: '1-2', event: textOf(1, 'b') },
        ],
        isWhole: true,
        isEnded: false,
      });
    });

    test('any text comes back as it was written', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }), async (deltas) => {
          const jobId = newJobId();
          const heard: JobEventEntry[] = [];
          const stop = await log.listen(jobId, ({ entries }) => heard.push(...entries));
          const events = deltas.map((delta) => textOf(1, delta.replaceAll('\u0000', '|')));
          await append(jobId, '1-0', ...events);
          const { entries } = await log.read(jobId, null, 1000);
          expect(entries.map(({ event }) => event)).toEqual(events);
          await expect.poll(() => heard).toEqual(entries);
          stop();
        }),
        { numRuns: 30 },
      );
    });

    test('an append that is sent again changes nothing; one that was cut is completed', async () => {
      const jobId = newJobId();
      await append(jobId, '1-0', startOf(1), textOf(1, 'a'));
      expect(await append(jobId, '1-0', startOf(1), textOf(1, 'a'))).toBe('appended');
      expect(await append(jobId, '1-1', textOf(1, 'a'))).toBe('appended');
      expect(await append(jobId, '1-1', textOf(1, 'a'), textOf(1, 'b'))).toBe('appended');
      expect(await append(jobId, '1-0', startOf(1))).toBe('appended');
      expect(await idsAfter(jobId, null)).toEqual(['1-0', '1-1', '1-2']);
    });

    test('a higher attempt fences a lower one, whose append writes nothing', async () => {
      const jobId = newJobId();
      await append(jobId, '1-0', startOf(1));
      expect(await append(jobId, '2-0', startOf(2))).toBe('appended');
      expect(await append(jobId, '1-1', textOf(1, 'late'))).toBe('fenced');
      expect(await append(jobId, '1-0', startOf(1))).toBe('fenced');
      expect(await log.append(jobId, at('1-5'), [startOf(1)], retentionS, 'anew')).toBe('fenced');
      expect(await idsAfter(jobId, null)).toEqual(['1-0', '2-0']);
    });

    test('an append whose predecessor is not there is lost and writes nothing, unless it starts anew', async () => {
      const jobId = newJobId();
      expect(await append(jobId, '1-3', textOf(1, 'd'))).toBe('lost');
      await append(jobId, '1-0', startOf(1));
      expect(await append(jobId, '1-3', textOf(1, 'd'))).toBe('lost');
      expect(await append(jobId, '2-3', textOf(2, 'd'))).toBe('lost');
      expect(await idsAfter(jobId, null)).toEqual(['1-0']);
      expect(await log.append(jobId, at('1-4'), [startOf(1), textOf(1, 'abcd')], retentionS, 'anew')).toBe('appended');
      expect(await log.append(jobId, at('1-4'), [startOf(1), textOf(1, 'abcd')], retentionS, 'anew')).toBe('appended');
      expect(await append(jobId, '1-6', textOf(1, 'e'))).toBe('appended');
      expect(await idsAfter(jobId, null)).toEqual(['1-0', '1-4', '1-5', '1-6']);
    });

    test('a read starts behind any cursor and takes no more than its limit', async () => {
      const jobId = newJobId();
      const deltas = 'abcdefghij'.split('');
      await append(jobId, '1-0', startOf(1), ...deltas.map((delta) => textOf(1, delta)));
      for (let n = 0; n <= deltas.length; n += 1) {
        const { entries, isWhole } = await log.read(jobId, { attempt: 1, n }, 4);
        expect(entries.map(({ id }) => id)).toEqual(deltas.map((_, i) => eventId({ attempt: 1, n: i + 1 })).slice(n, n + 4));
        expect(isWhole).toBe(true);
      }
      expect((await log.read(jobId, null, 4)).entries).toHaveLength(4);
    });

    test('a log without the entry at the cursor is whole only if an attempt starts behind it', async () => {
      const jobId = newJobId();
      expect(await log.read(jobId, null, 10)).toEqual({ entries: [], isWhole: true, isEnded: false });
      expect(await log.read(jobId, at('1-2'), 10)).toEqual({ entries: [], isWhole: false, isEnded: false });
      await log.append(jobId, at('1-5'), [textOf(1, 'x')], retentionS, 'anew');
      expect(await log.read(jobId, null, 10)).toMatchObject({ isWhole: false });
      expect(await log.read(jobId, at('1-2'), 10)).toMatchObject({ isWhole: false });
      expect(await log.read(jobId, at('1-5'), 10)).toMatchObject({ entries: [], isWhole: true });
      await append(jobId, '2-0', startOf(2));
      expect(await log.read(jobId, at('1-7'), 10)).toMatchObject({ entries: [{ id: '2-0' }], isWhole: true });
    });

    test('each append is copied to the listeners of its job, with what stood before it; one sent again is not', async () => {
      const jobId = newJobId();
      const heard: [string[], EventPosition | null][] = [];
      const stop = await log.listen(jobId, ({ entries, before }) => heard.push([entries.map(({ id }) => id), before]));
      const stopOther = await log.listen(newJobId(), () => expect.unreachable());
      await append(jobId, '1-0', startOf(1));
      await append(jobId, '1-0', startOf(1));
      await append(jobId, '1-0', startOf(1), textOf(1, 'a'));
      await append(jobId, '2-0', startOf(2), textOf(2, 'b'));
      const all = [
        [['1-0'], null],
        [['1-1'], at('1-0')],
        [['2-0', '2-1'], at('1-1')],
      ];
      await expect.poll(() => heard).toEqual(all);
      stop();
      stopOther();
      stop();
      await append(jobId, '2-2', textOf(2, 'c'));
      const stopAgain = await log.listen(jobId, ({ entries }) => heard.push([entries.map(({ id }) => id), null]));
      await append(jobId, '2-3', textOf(2, 'd'));
      await expect.poll(() => heard.length).toBe(4);
      stopAgain();
      expect(heard[3]).toEqual([['2-3'], null]);
    });

    test('a log that is kept for no time is forgotten at once', async () => {
      const jobId = newJobId();
      await append(jobId, '1-0', startOf(1));
      await log.expire(jobId, 60);
      expect(await idsAfter(jobId, null)).toEqual(['1-0']);
      await log.expire(jobId, 0);
      expect(await idsAfter(jobId, null)).toEqual([]);
      await log.expire(jobId, 60);
      expect(await append(jobId, '1-1', textOf(1, 'a'))).toBe('lost');
    });

    test('a job ends once, and nothing can be written behind its end', async () => {
      const jobId = newJobId();
      await append(jobId, '1-0', startOf(1), textOf(1, 'a'), usageOf(1));
      const end = { jobId, attempt: 1, event: endOf(1), retentionS };
      expect(await Promise.all([appendJobEnd(log, end), appendJobEnd(log, end)])).toEqual(['appended', 'appended']);
      expect(await append(jobId, '1-3', textOf(1, 'late'))).toBe('fenced');
      expect(await idsAfter(jobId, '1-1')).toEqual(['1-2', '2-0']);
      expect(await log.read(jobId, at('2-0'), 10)).toEqual({ entries: [], isWhole: true, isEnded: true });
      expect(await log.read(jobId, at('7-0'), 10)).toEqual({ entries: [], isWhole: false, isEnded: true });
    });

    test('the end of an answer that the log does not hold to its end leaves only itself, so that readers turn to the row', async () => {
      const jobId = newJobId();
      await append(jobId, '1-0', startOf(1), textOf(1, 'cut'));
      const heard: (EventPosition | null)[] = [];
      const stop = await log.listen(jobId, ({ before }) => heard.push(before));
      await appendJobEnd(log, { jobId, attempt: 1, event: endOf(1), retentionS });
      expect(await log.read(jobId, at('1-1'), 10)).toMatchObject({ entries: [{ id: '2-0' }], isWhole: false });
      await expect.poll(() => heard).toEqual([null]);
      stop();
    });

    test('the usage of an earlier attempt does not prove an answer', async () => {
      const jobId = newJobId();
      await append(jobId, '1-0', startOf(1), textOf(1, 'old'), usageOf(1));
      await appendJobEnd(log, { jobId, attempt: 2, event: endOf(2), retentionS });
      expect(await idsAfter(jobId, null)).toEqual(['3-0']);
    });

    test.each(['failed', 'cancelled'] as const)('a job that is %s keeps what its readers have seen', async (status) => {
      const jobId = newJobId();
      await append(jobId, '1-0', startOf(1), textOf(1, 'part'));
      await appendJobEnd(log, { jobId, attempt: 1, event: endOf(1, status), retentionS });
      expect(await idsAfter(jobId, null)).toEqual(['1-0', '1-1', '2-0']);
    });
  });
}

export function at(id: string): EventPosition {
  const [attempt = 0, n = 0] = id.split('-').map(Number);
  return { attempt, n };
}
