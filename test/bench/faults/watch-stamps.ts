import type { FaultStage } from './fault-stage.ts';

export interface StampWatch {
  /** The times of all grants of each key so far, as the admission itself wrote them. */
  stamps(): Map<string, number[]>;
  close(): Promise<void>;
}

const everyMs = 200;

/**
 * Collects the times at which a provider's keys were granted, from the lists that admission keeps. Those hold the latest grants only,
 * so they are looked at often. A time may stand there more than once, and at most as often as grants were made at it.
 */
export function watchStamps({ redis, prefix }: FaultStage, providerId: string): StampWatch {
  const base = `${prefix}:limits:{${providerId}}:stamps:`;
  const seen = new Map<string, Map<string, number>>();

  async function look(): Promise<void> {
    for (const name of await redis.keys(`${base.replaceAll(/[[\]?*]/g, '\\$&')}*`)) {
      const counts = seen.get(name) ?? new Map<string, number>();
      seen.set(name, counts);
      const now = Map.groupBy(await redis.lrange(name, 0, -1), (stamp) => stamp);
      for (const [stamp, all] of now) counts.set(stamp, Math.max(counts.get(stamp) ?? 0, all.length));
    }
  }

  let last: Promise<void> = Promise.resolve();
  const timer = setInterval(() => void (last = last.then(look)), everyMs);
  return {
    stamps: () =>
      new Map(
        [...seen].map(([name, counts]) => [
          name.slice(base.length),
          [...counts].flatMap(([at, count]) => Array<number>(count).fill(Number(at))),
        ]),
      ),
    async close() {
      clearInterval(timer);
      await last;
      await look();
    },
  };
}
