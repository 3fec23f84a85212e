import { sleep } from '@sluice/platform';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { appendJobEnd } from './append-job-end.ts';
import { at, newJobId, type OpenedLog } from './event-log.contract.ts';
import type { EventLog } from './event-log.ts';
import { endOf, startOf, TextReader, textOf, usageOf } from './events.fixture.ts';
import { followJob } from './follow-job.ts';
import { stepsOf, type FollowStep, type StepOptions } from './follow-steps.fixture.ts';

const retentionS = 600;

/** What a follower keeps over any log. The races are in follow-races.contract.ts. */
export function describeFollowJob(name: string, open: () => Promise<OpenedLog>): void {
  describe(`following a job over ${name}`, () => {
    let opened: OpenedLog;
    let log: EventLog;
    beforeAll(async () => {
      opened = await open();
      log = opened.log;
    });
    afterAll(() => opened.close());

    const follow = (jobId: string, options: Partial<StepOptions> = {}) =>
      stepsOf(log, {
        jobId,
        after: null,
        signal: new AbortController().signal,
        heartbeatMs: 20_000,
        onHeartbeat: async () => undefined,
        ...options,
      });
    const finish = (jobId: string) => appendJobEnd(log, { jobId, attempt: 1, event: endOf(1), retentionS });

    test('what is in the log comes first, then what is appended, until the job ends', async () => {
      const jobId = newJobId();
      await log.append(jobId, at('1-0'), [startOf(1), textOf(1, 'a')], retentionS);
      const steps = follow(jobId);
      expect(await idOf(steps)).toBe('1-0');
      expect(await idOf(steps)).toBe('1-1');
      const next = idOf(steps);
      await log.append(jobId, at('1-2'), [textOf(1, 'b'), usageOf(1)], retentionS);
      expect(await next).toBe('1-2');
      await finish(jobId);
      expect(await idOf(steps)).toBe('1-3');
      expect(await idOf(steps)).toBe('2-0');
      expect(await steps.next()).toEqual({ done: true, value: undefined });
    });

    test('a reader can resume from every entry and gets exactly the rest', async () => {
      const jobId = newJobId();
      const deltas = Array.from({ length: 450 }, (_, i) => `${i} `);
      await log.append(jobId, at('1-0'), [startOf(1), ...deltas.map((delta) => textOf(1, delta)), usageOf(1)], retentionS);
      await finish(jobId);
      const whole = new TextReader();
      const forks: TextReader[] = [];
      for await (const step of follow(jobId)) {
        if ('type' in step) throw new Error(`unexpected ${step.type}`);
        whole.take(step);
        forks.push(whole.fork());
      }
      expect(whole.text).toBe(deltas.join(''));
      for (const fork of forks) {
        for await (const step of follow(jobId, { after: fork.cursor })) if (!('type' in step)) fork.take(step);
        expect([fork.text, fork.isEnded]).toEqual([whole.text, true]);
      }
    });

    test('a cursor on the end has nothing to wait for', async () => {
      const jobId = newJobId();
      await log.append(jobId, at('1-0'), [startOf(1), usageOf(1)], retentionS);
      await finish(jobId);
      expect(await follow(jobId, { after: at('2-0') }).next()).toMatchObject({ done: true });
    });

    test('a reader whose cursor is gone from an ended log is told so', async () => {
      const jobId = newJobId();
      await finish(jobId);
      expect(await all(follow(jobId, { after: at('1-7') }))).toEqual([{ type: 'gone' }]);
      expect(await all(follow(jobId))).toEqual([{ type: 'gone' }]);
      expect(await all(follow(jobId, { after: at('5-0') }))).toEqual([{ type: 'gone' }]);
    });

    test('silence brings heartbeats, before each of which the caller may append a missing end', async () => {
      const jobId = newJobId();
      await log.append(jobId, at('1-0'), [startOf(1), usageOf(1)], retentionS);
      let looks = 0;
      const onHeartbeat = async () => {
        looks += 1;
        if (looks === 2) await finish(jobId);
      };
      const steps = await all(follow(jobId, { heartbeatMs: 20, onHeartbeat }));
      expect(steps.filter((step) => 'type' in step)).toEqual([{ type: 'heartbeat' }, { type: 'heartbeat' }]);
      expect(steps.at(-1)).toMatchObject({ id: '2-0' });
    });

    test('an emptied log is asked about at once, and once, however long the heartbeat is', async () => {
      const jobId = newJobId();
      let looks = 0;
      const steps = follow(jobId, { after: at('1-7'), onHeartbeat: async () => void (looks += 1) });
      expect(await steps.next()).toMatchObject({ value: { type: 'heartbeat' } });
      const next = steps.next();
      await sleep(50);
      expect(looks).toBe(1);
      await log.append(jobId, at('1-9'), [startOf(1), textOf(1, 'all of it')], retentionS, 'anew');
      expect(await next).toMatchObject({ value: { id: '1-9' } });
    });

    test('a caller that knows that the log cannot be written ends it with its answer', async () => {
      expect(await all(follow(newJobId(), { heartbeatMs: 10, onHeartbeat: async () => 'gone' }))).toEqual([{ type: 'gone' }]);
    });

    test('heartbeats go on while the log cannot be reached, and the reader loses nothing by it', async () => {
      const jobId = newJobId();
      let isAway = true;
      const away: EventLog = {
        ...log,
        read: (...args) => (isAway ? Promise.reject(new Error('away')) : log.read(...args)),
        listen: () => new Promise(() => undefined),
      };
      await log.append(jobId, at('1-0'), [startOf(1), usageOf(1)], retentionS);
      await finish(jobId);
      const steps = stepsOf(away, {
        jobId,
        after: null,
        signal: new AbortController().signal,
        heartbeatMs: 20,
        onHeartbeat: async () => undefined,
      });
      expect(await steps.next()).toMatchObject({ value: { type: 'heartbeat' } });
      isAway = false;
      const found = await all(steps);
      expect(found.flatMap((step) => ('type' in step ? [] : step.id))).toEqual(['1-0', '1-1', '2-0']);
    });

    test('a reader to whom every live copy is lost gets all of it all the same, a heartbeat late', async () => {
      const jobId = newJobId();
      const mute: EventLog = { ...log, listen: async () => () => undefined };
      const ids: string[] = [];
      const following = (async () => {
        for await (const step of stepsOf(mute, {
          jobId,
          after: null,
          signal: new AbortController().signal,
          heartbeatMs: 20,
          onHeartbeat: async () => undefined,
        })) {
          if (!('type' in step)) ids.push(step.id);
        }
      })();
      await sleep(30);
      await log.append(jobId, at('1-0'), [startOf(1)], retentionS);
      await expect.poll(() => ids).toEqual(['1-0']);
      await log.append(jobId, at('1-1'), [usageOf(1)], retentionS);
      await finish(jobId);
      await following;
      expect(ids).toEqual(['1-0', '1-1', '2-0']);
    });

    test('an abort ends it, and then nothing listens any more', async () => {
      const jobId = newJobId();
      const { counted, listeners } = countListeners(log);
      const abort = new AbortController();
      const steps = stepsOf(counted, {
        jobId,
        after: null,
        signal: abort.signal,
        heartbeatMs: 20_000,
        onHeartbeat: async () => undefined,
      });
      const next = steps.next();
      await sleep(5);
      expect(listeners()).toBe(1);
      abort.abort();
      expect(await next).toMatchObject({ done: true });
      await expect.poll(listeners).toBe(0);

      await log.append(jobId, at('1-0'), [startOf(1)], retentionS);
      for await (const step of stepsOf(counted, {
        jobId,
        after: null,
        signal: new AbortController().signal,
        heartbeatMs: 20_000,
        onHeartbeat: async () => undefined,
      })) {
        if (!('type' in step)) break;
      }
      await expect.poll(listeners).toBe(0);
    });

    test('what a reader throws, at once or later, ends it with that error, and then nothing listens any more', async () => {
      const jobId = newJobId();
      await log.append(jobId, at('1-0'), [startOf(1)], retentionS);
      const { counted, listeners } = countListeners(log);
      const signal = new AbortController().signal;
      const options = { jobId, after: null, signal, heartbeatMs: 20_000, onHeartbeat: async () => undefined };
      const atOnce = () => {
        throw new Error('full');
      };
      await expect(followJob(counted, { ...options, onEntries: atOnce })).rejects.toThrow('full');
      await expect(followJob(counted, { ...options, onEntries: () => sleep(1).then(atOnce) })).rejects.toThrow('full');
      await expect.poll(listeners).toBe(0);
    });

    test('a reader that is slower than the job holds a few copies only, and reads the rest later', async () => {
      const jobId = newJobId();
      await log.append(jobId, at('1-0'), [startOf(1)], retentionS);
      const steps = follow(jobId);
      const reader = new TextReader();
      const first = await steps.next();
      if (first.value && !('type' in first.value)) reader.take(first.value);
      for (let n = 1; n <= 500; n += 1) await log.append(jobId, { attempt: 1, n }, [textOf(1, `${n},`)], retentionS);
      await log.append(jobId, at('1-501'), [usageOf(1)], retentionS);
      await finish(jobId);
      for await (const step of steps) if (!('type' in step)) reader.take(step);
      expect(reader.text).toBe(Array.from({ length: 500 }, (_, i) => `${i + 1},`).join(''));
      expect(reader.isEnded).toBe(true);
    });
  });
}

function countListeners(log: EventLog) {
  let listeners = 0;
  const counted: EventLog = {
    ...log,
    async listen(...args) {
      listeners += 1;
      const stop = await log.listen(...args);
      return () => (stop(), void (listeners -= 1));
    },
  };
  return { counted, listeners: () => listeners };
}

async function idOf(steps: AsyncGenerator<FollowStep>): Promise<string> {
  const { value } = (await steps.next()) as IteratorYieldResult<FollowStep>;
  return 'type' in value ? value.type : value.id;
}

async function all(steps: AsyncGenerator<FollowStep>): Promise<FollowStep[]> {
  const found: FollowStep[] = [];
  for await (const step of steps) found.push(step);
  return found;
}
