import { sleep } from '@sluice/platform';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { appendJobEnd } from './append-job-end.ts';
import { newJobId, type OpenedLog } from './event-log.contract.ts';
import type { EventLog } from './event-log.ts';
import { createEventWriter } from './event-writer.ts';
import { endOf, startOf, TextReader, textOf, usageOf } from './events.fixture.ts';
import { followJob } from './follow-job.ts';
import { withFaults } from './unreliable-log.fixture.ts';

interface Race {
  seed: number;
  /** The deltas of each attempt. An attempt that is not the last is a zombie: it writes on while the next one runs. */
  attempts: string[][];
  /** How often a network fault happens, and how often the log is emptied beside a delta. */
  faultRate: number;
  emptyRate: number;
  readers: number;
}

const races = fc.record<Race>({
  seed: fc.nat(),
  attempts: fc.array(fc.array(fc.string({ maxLength: 4 }), { minLength: 1, maxLength: 25 }), { minLength: 1, maxLength: 3 }),
  faultRate: fc.constantFrom(0, 0.05, 0.2),
  emptyRate: fc.constantFrom(0, 0.02, 0.1),
  readers: fc.integer({ min: 1, max: 5 }),
});

/**
 * Forced races between appends, readers that come, stay, resume and dawdle, rising attempts, lost answers, late copies, and an
 * emptied log.
 */
export function describeFollowRaces(name: string, open: () => Promise<OpenedLog>): void {
  describe(`races over ${name}`, () => {
    let opened: OpenedLog;
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(() => opened.close());

    test(
      'every reader that stays, and every one that resumes from any cursor, ends with exactly the final text',
      { timeout: 120_000 },
      async () => {
        await fc.assert(
          fc.asyncProperty(races, async (race) => {
            const job = createRacingJob(opened.log, race);
            const [readers] = await Promise.all([job.read(), job.write()]);
            for (const reader of readers) expect([reader.text, reader.isEnded]).toEqual([job.text, true]);
          }),
          { numRuns: 60 },
        );
      },
    );
  });
}

/** One job, its writers and its readers. The row is the truth: its text, and whether it has ended. */
function createRacingJob(log: EventLog, race: Race) {
  const jobId = newJobId();
  const random = createRandom(race.seed);
  const unreliable = withFaults(log, { random, rate: race.faultRate });
  const text = (race.attempts.at(-1) ?? []).join('');
  const lastAttempt = race.attempts.length;
  let hasRowEnded = false;

  const pause = (): Promise<void> => (random() < 0.6 ? Promise.resolve() : sleep(random() * 6));
  const end = () => appendJobEnd(log, { jobId, attempt: lastAttempt, event: endOf(lastAttempt), retentionS: 600 });

  async function runAttempt(attempt: number, deltas: string[]): Promise<void> {
    const writer = createEventWriter(unreliable, { jobId, attempt, retentionS: 600 });
    writer.write(startOf(attempt));
    for (const delta of deltas) {
      await pause();
      writer.write(textOf(attempt, delta));
      if (random() < race.emptyRate) await log.expire(jobId, 0);
    }
    writer.write(usageOf(attempt));
    await writer.flush(race.faultRate > 0 && random() < 0.2 ? 20 : 5000);
  }

  async function write(): Promise<void> {
    const zombies = race.attempts.slice(0, -1).map(async (deltas, i) => (await sleep(i * 8), runAttempt(i + 1, deltas)));
    await sleep(zombies.length * 8);
    await runAttempt(lastAttempt, race.attempts.at(-1) ?? []);
    hasRowEnded = true;
    if (random() < race.emptyRate * 5) await log.expire(jobId, 0);
    if (random() < 0.7) await end();
    await Promise.all(zombies);
  }

  /** Reads to the end, or leaves at a random entry and comes back with its cursor. */
  async function readOn(reader: TextReader, leaveRate: number): Promise<TextReader> {
    const abort = new AbortController();
    const how = await followJob(unreliable, {
      jobId,
      after: reader.cursor,
      signal: abort.signal,
      heartbeatMs: 30,
      onHeartbeat: async () => void (hasRowEnded && (await end())),
      onEntries(entries) {
        for (const entry of entries) {
          reader.take(entry);
          if (!reader.isEnded && random() < leaveRate) return abort.abort();
        }
        return random() < 0.1 ? sleep(random() * 10) : undefined;
      },
    });
    if (how === 'gone' && !hasRowEnded) throw new Error('gone while the job runs');
    if (how === 'gone') reader.takeRow(text);
    return reader.isEnded ? reader : readOn(reader, leaveRate);
  }

  async function read(): Promise<TextReader[]> {
    const readers = Array.from({ length: race.readers }, async (_, i) => {
      await sleep(random() * 40 * i);
      return readOn(new TextReader(), i % 2 === 0 ? 0 : 0.1);
    });
    return Promise.all(readers);
  }

  return { text, read, write };
}

/** mulberry32: small, and the same for the same seed. Timers still race, so a seed is a strong hint and not a replay. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
