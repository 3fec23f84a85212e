import { setTimeout as wait } from 'node:timers/promises';
import { Pool } from 'undici';
import { quantile } from './quantiles.ts';
import type { Call } from './side.ts';

interface LoadOptions {
  origin: string;
  connections: number;
  /** Not measured: connections open and code gets warm. */
  warmUpMs: number;
  measureMs: number;
  call: () => Call;
}

export interface LoadResult {
  perSecond: number;
  p99Ms: number;
  /** Replies that were no 2xx. */
  failures: number;
  /** All replies, those of the warm-up too. */
  answered: number;
}

/** Keeps every connection busy with one request after another (a closed model), and counts what was answered in the measured time. */
export async function runLoad({ origin, connections, warmUpMs, measureMs, call }: LoadOptions): Promise<LoadResult> {
  const pool = new Pool(origin, { connections, pipelining: 1 });
  const latencies: number[] = [];
  let failures = 0;
  let answered = 0;
  let phase: 'warm-up' | 'measure' | 'over' = 'warm-up';

  async function keepAsking(): Promise<void> {
    while (phase !== 'over') {
      const startMs = performance.now();
      const { statusCode, body } = await pool.request(call());
      await body.dump();
      answered += 1;
      if (phase !== 'measure') continue;
      latencies.push(performance.now() - startMs);
      if (statusCode >= 300) failures += 1;
    }
  }

  const workers = Array.from({ length: connections }, keepAsking);
  await wait(warmUpMs);
  phase = 'measure';
  const startMs = performance.now();
  await wait(measureMs);
  phase = 'over';
  const tookS = (performance.now() - startMs) / 1000;
  const measured = latencies.length;
  await Promise.all(workers);
  await pool.close();
  return { perSecond: (measured - failures) / tookS, p99Ms: quantile(latencies, 0.99), failures, answered };
}
