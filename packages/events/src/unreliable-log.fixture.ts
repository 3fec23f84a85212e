import { sleep } from '@sluice/platform';
import type { EventLog } from './event-log.ts';

export interface Faults {
  /** From 0 to 1, a new one each time. */
  random: () => number;
  /** How often each fault happens, from 0 to 1. */
  rate: number;
}

/**
 * A network in front of a log: appends and reads take a while and fail, answers get lost after the append was made, and late
 * copies of appends arrive.
 */
export function withFaults(log: EventLog, { random, rate }: Faults): EventLog {
  const happens = (): boolean => random() < rate;
  const pause = async (): Promise<void> => {
    if (random() < 0.5) await sleep(random() * 4);
  };

  return {
    ...log,
    async append(...args) {
      await pause();
      if (happens()) throw new Error('lost on the way');
      if (happens()) void sleep(random() * 60).then(() => log.append(...args).catch(() => undefined));
      const outcome = await log.append(...args);
      await pause();
      if (happens()) throw new Error('answer lost');
      return outcome;
    },
    async read(...args) {
      await pause();
      if (happens()) throw new Error('cannot read');
      const read = await log.read(...args);
      await pause();
      return read;
    },
    async listen(...args) {
      await pause();
      return log.listen(...args);
    },
  };
}
