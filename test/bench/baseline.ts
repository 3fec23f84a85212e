import type { Closers } from '@sluice/platform';
import { startChild } from './child.ts';
import { freePort } from './free-port.ts';
import type { Contender, Side } from './side.ts';

export interface Baseline extends Contender {
  startWorker(): Promise<void>;
}

interface BaselineOptions {
  redisUrl: string;
  providerUrl: string;
  concurrency: number;
  closers: Closers;
}

/** The tutorial's version, in two processes of its own; the worker starts when it is wanted. */
export async function startBaseline({ redisUrl, providerUrl, concurrency, closers }: BaselineOptions): Promise<Baseline> {
  const port = await freePort();
  const server = await startChild({ script: 'test/bench/baseline/web.ts', env: { REDIS_URL: redisUrl, PORT: String(port) }, closers });
  await server.says(/ready/);
  const processes = [server];
  return {
    processes,
    side: baselineSide(`http://127.0.0.1:${port}`),
    async startWorker() {
      const env = { REDIS_URL: redisUrl, PROVIDER_URL: providerUrl, CONCURRENCY: String(concurrency) };
      const worker = await startChild({ script: 'test/bench/baseline/worker.ts', env, closers });
      await worker.says(/ready/);
      processes.push(worker);
    },
  };
}

function baselineSide(origin: string): Side {
  return {
    name: 'baseline',
    origin,
    submit: (prompt) => ({
      method: 'POST',
      path: '/jobs',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ prompt }),
    }),
    follow: (reply) => ({ method: 'GET', path: `/jobs/${(JSON.parse(reply) as { id: string }).id}/events`, headers: {} }),
    read: (data) => (data === '[DONE]' ? 'end' : { text: (JSON.parse(data) as { token: string }).token }),
  };
}
