import { describe, expect, test } from 'vitest';
import { describeEventLog, at } from './event-log.contract.ts';
import { describeEventWriter } from './event-writer.contract.ts';
import { endOf, startOf, textOf } from './events.fixture.ts';
import { describeFollowJob } from './follow-job.contract.ts';
import { describeFollowRaces } from './follow-races.contract.ts';
import { createMemoryEventLog } from './memory-event-log.ts';

async function open() {
  const log = createMemoryEventLog({ maxBytes: 100_000_000, clock: () => new Date() });
  return { log, close: () => log.close() };
}

describeEventLog('memory', open);
describeEventWriter('memory', open);
describeFollowJob('memory', open);
describeFollowRaces('memory', open);

describe('the memory log', () => {
  const big = 'x'.repeat(1000);
  const lengthOf = async (log: ReturnType<typeof createMemoryEventLog>, jobId: string) => (await log.read(jobId, null, 100)).entries.length;

  test('forgets a log when its time has come, counted from the last append', async () => {
    let nowMs = 1_000_000;
    const log = createMemoryEventLog({ maxBytes: 1_000_000, clock: () => new Date(nowMs) });
    await log.append('a', at('1-0'), [startOf(1)], 60);
    nowMs += 59_000;
    await log.append('a', at('1-1'), [textOf(1, 'a')], 60);
    nowMs += 59_999;
    expect(await lengthOf(log, 'a')).toBe(2);
    nowMs += 1;
    expect(await lengthOf(log, 'a')).toBe(0);
    expect(await log.append('a', at('1-2'), [textOf(1, 'b')], 60)).toBe('lost');
  });

  test('keeps to its size: the logs that ended first go first, then those that were quiet longest, never the one being written', async () => {
    const log = createMemoryEventLog({ maxBytes: 10_000, clock: () => new Date() });
    const write = (jobId: string, id: string) => log.append(jobId, at(id), [textOf(1, big)], 60);
    await write('quiet', '1-0');
    await write('ended', '1-0');
    await log.append('ended', at('2-0'), [endOf(1, 'failed')], 60, 'end');
    for (const id of ['1-0', '1-1', '1-2']) await write('busy', id);
    expect(await lengthOf(log, 'ended')).toBe(0);
    expect(await lengthOf(log, 'quiet')).toBe(1);
    for (const id of ['1-3', '1-4', '1-5']) await write('busy', id);
    expect(await lengthOf(log, 'quiet')).toBe(0);
    expect(await lengthOf(log, 'busy')).toBe(6);
  });
});
