import { sleep } from '@sluice/platform';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { at, newJobId, type OpenedLog } from './event-log.contract.ts';
import type { EventLog } from './event-log.ts';
import { createEventWriter } from './event-writer.ts';
import { startOf, textOf, usageOf } from './events.fixture.ts';

const retentionS = 600;

/** What the writer keeps over any log. */
export function describeEventWriter(name: string, open: () => Promise<OpenedLog>): void {
  describe(`the event writer over ${name}`, () => {
    let opened: OpenedLog;
    let log: EventLog;
    beforeAll(async () => {
      opened = await open();
      log = opened.log;
    });
    afterAll(() => opened.close());
    const read = async (jobId: string) => (await log.read(jobId, null, 1000)).entries;

    test('the first event goes at once; what arrives while it is under way goes together, joined', async () => {
      const jobId = newJobId();
      const { gated, appends, openGate } = withGate(log);
      const writer = createEventWriter(gated, { jobId, attempt: 1, retentionS });
      writer.write(startOf(1));
      expect(appends).toEqual([1]);
      writer.write({ type: 'reasoning-delta', attempt: 1, delta: 'hm' });
      writer.write({ type: 'reasoning-delta', attempt: 1, delta: 'm' });
      for (const delta of 'hello') writer.write(textOf(1, delta));
      writer.write({ type: 'tool-delta', attempt: 1, index: 0, id: 'a', name: 'look', arguments: '{' });
      writer.write({ type: 'tool-delta', attempt: 1, index: 0, arguments: '}' });
      writer.write({ type: 'tool-delta', attempt: 1, index: 1, id: 'b', name: 'look', arguments: '' });
      writer.write({ type: 'tool-delta', attempt: 1, index: 1, arguments: '{}' });
      expect(appends).toEqual([1]);
      openGate();
      expect(await writer.flush()).toBe(true);
      expect(appends).toEqual([1, 4]);
      expect((await read(jobId)).map(({ event }) => event)).toEqual([
        startOf(1),
        { type: 'reasoning-delta', attempt: 1, delta: 'hmm' },
        textOf(1, 'hello'),
        { type: 'tool-delta', attempt: 1, index: 0, id: 'a', name: 'look', arguments: '{}' },
        { type: 'tool-delta', attempt: 1, index: 1, id: 'b', name: 'look', arguments: '{}' },
      ]);
    });

    test('held back, deltas wait for more of them, and for nothing longer than for the end', async () => {
      const jobId = newJobId();
      const { gated, appends, openGate } = withGate(log);
      openGate();
      const writer = createEventWriter(gated, { jobId, attempt: 1, retentionS, heldChars: 10 });
      writer.write(startOf(1));
      expect(appends).toEqual([1]);
      await writer.flush();
      for (const delta of ['one ', 'two ', 'three', 'four']) writer.write(textOf(1, delta));
      expect(appends).toEqual([1, 1]);
      expect(await writer.flush()).toBe(true);
      writer.write({ type: 'tool-delta', attempt: 1, index: 0, arguments: '{"a":1}' });
      writer.write(usageOf(1));
      expect(await writer.flush()).toBe(true);
      expect(appends).toEqual([1, 1, 1, 2]);
      const entries = await read(jobId);
      expect(entries.map(({ event }) => event)).toEqual([
        startOf(1),
        textOf(1, 'one two three'),
        textOf(1, 'four'),
        { type: 'tool-delta', attempt: 1, index: 0, arguments: '{"a":1}' },
        usageOf(1),
      ]);
    });

    test('an emptied log gets an attempt-start and the whole answer so far, under ids above all that were sent', async () => {
      const jobId = newJobId();
      const writer = createEventWriter(log, { jobId, attempt: 1, retentionS });
      writer.write(startOf(1));
      await writer.flush();
      writer.write(textOf(1, 'one '));
      writer.write({ type: 'tool-delta', attempt: 1, index: 0, id: 'a', name: 'look', arguments: '{}' });
      await writer.flush();
      await log.expire(jobId, 0);
      writer.write(textOf(1, 'two'));
      writer.write(usageOf(1));
      expect(await writer.flush()).toBe(true);
      const entries = await read(jobId);
      expect(entries.map(({ event }) => event)).toEqual([
        startOf(1),
        textOf(1, 'one '),
        { type: 'tool-delta', attempt: 1, index: 0, id: 'a', name: 'look', arguments: '{}' },
        textOf(1, 'two'),
        usageOf(1),
      ]);
      expect(entries[0]?.id).toBe('1-4');
    });

    test('a writer that a higher attempt has passed stops, says so once, and writes nothing more', async () => {
      const jobId = newJobId();
      let fences = 0;
      const writer = createEventWriter(log, { jobId, attempt: 1, retentionS, onFenced: () => (fences += 1) });
      writer.write(startOf(1));
      await writer.flush();
      await log.append(jobId, at('2-0'), [startOf(2)], retentionS);
      writer.write(textOf(1, 'late'));
      expect(await writer.flush()).toBe(false);
      writer.write(textOf(1, 'later'));
      expect(await writer.flush()).toBe(false);
      expect(writer.isFenced).toBe(true);
      expect(fences).toBe(1);
      expect((await read(jobId)).map(({ id }) => id)).toEqual(['1-0', '2-0']);
    });

    test('a flush gives up when the log stays away, so that the job can finish', async () => {
      const jobId = newJobId();
      const away: EventLog = { ...log, append: () => Promise.reject(new Error('away')) };
      const writer = createEventWriter(away, { jobId, attempt: 1, retentionS });
      writer.write(startOf(1));
      expect(await writer.flush(20)).toBe(false);
      writer.write(textOf(1, 'a'));
      expect(await writer.flush()).toBe(false);
      expect(writer.isFenced).toBe(false);
    });

    test('a flush waits through an outage that is shorter than its patience', async () => {
      const jobId = newJobId();
      let failures = 3;
      const flaky: EventLog = {
        ...log,
        append: (...args) => ((failures -= 1) > 0 ? Promise.reject(new Error('away')) : log.append(...args)),
      };
      const writer = createEventWriter(flaky, { jobId, attempt: 1, retentionS });
      writer.write(startOf(1));
      for (const delta of 'patience') writer.write(textOf(1, delta));
      expect(await writer.flush()).toBe(true);
      expect((await read(jobId)).map(({ event }) => event)).toEqual([startOf(1), textOf(1, 'patience')]);
    });

    test('two answers lost in a row double nothing', async () => {
      const jobId = newJobId();
      let answersLost = 2;
      const deaf: EventLog = {
        ...log,
        async append(...args) {
          const outcome = await log.append(...args);
          if ((answersLost -= 1) >= 0) throw new Error('answer lost');
          return outcome;
        },
      };
      const writer = createEventWriter(deaf, { jobId, attempt: 1, retentionS });
      writer.write(startOf(1));
      await sleep(1);
      writer.write(textOf(1, 'once'));
      await writer.flush();
      expect((await read(jobId)).map(({ id, event }) => [id, event])).toEqual([
        ['1-0', startOf(1)],
        ['1-1', textOf(1, 'once')],
      ]);
    });
  });
}

/** A log whose appends wait for a gate; `appends` says how many events each was asked for. */
function withGate(log: EventLog): { gated: EventLog; appends: number[]; openGate: () => void } {
  const appends: number[] = [];
  const { promise: gate, resolve: openGate } = Promise.withResolvers<void>();
  const append: EventLog['append'] = async (...args) => {
    appends.push(args[2].length);
    await gate;
    return log.append(...args);
  };
  return { gated: { ...log, append }, appends, openGate };
}
