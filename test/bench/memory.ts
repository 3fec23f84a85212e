import { setTimeout as wait } from 'node:timers/promises';
import { Agent } from 'undici';
import { residentBytes, type Child } from './child.ts';
import { collectGarbage } from './collect-garbage.ts';
import type { Call } from './side.ts';

interface MemoryOptions {
  origin: string;
  server: Child;
  streams: number;
  settleMs: number;
  /** A stream on which nothing will happen. */
  call: (index: number) => Call;
}

const warmUpStreams = 100;

/** What one idle stream adds to the memory of the process that serves it, in bytes. Measured once a process: memory is not given back. */
export async function measureIdleStreams({ origin, server, streams, settleMs, call }: MemoryOptions): Promise<number> {
  const agent = new Agent({ connections: null, pipelining: 1, bodyTimeout: 0 });
  try {
    await openStreams(
      agent,
      origin,
      Array.from({ length: warmUpStreams }, (_, i) => call(i)),
    );
    const before = await settledBytes(server, settleMs);
    await openStreams(
      agent,
      origin,
      Array.from({ length: streams }, (_, i) => call(warmUpStreams + i)),
    );
    return ((await settledBytes(server, settleMs)) - before) / streams;
  } finally {
    await agent.destroy();
  }
}

async function settledBytes(server: Child, settleMs: number): Promise<number> {
  await wait(settleMs);
  await collectGarbage(server);
  return residentBytes(server.pid);
}

/** Opens them twenty at a time and leaves them open. */
async function openStreams(agent: Agent, origin: string, calls: Call[]): Promise<void> {
  for (let i = 0; i < calls.length; i += 20) {
    await Promise.all(
      calls.slice(i, i + 20).map(async (call) => {
        const { statusCode, body } = await agent.request({ origin, ...call });
        if (statusCode !== 200) throw new Error(`${call.path} answered ${statusCode}`);
        body.on('error', () => undefined).resume();
      }),
    );
  }
}
