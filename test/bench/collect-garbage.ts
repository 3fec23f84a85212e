import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import type { Child } from './child.ts';

/** Has a child throw away what it no longer needs, so that its resident memory is what it holds. Opens its inspector for that. */
export async function collectGarbage({ pid, inspectPort }: Pick<Child, 'pid' | 'inspectPort'>): Promise<void> {
  process.kill(pid, 'SIGUSR1');
  const socket = new WebSocket(await inspectorUrl(inspectPort));
  await once(socket, 'open');
  // Twice: what the first one finalises, only the second can free.
  for (const id of [1, 2]) {
    const replied = once(socket, 'message');
    socket.send(JSON.stringify({ id, method: 'HeapProfiler.collectGarbage' }));
    await replied;
  }
  socket.close();
}

async function inspectorUrl(port: number): Promise<string> {
  for (let tries = 0; tries < 100; tries += 1) {
    const response = await fetch(`http://127.0.0.1:${port}/json/list`).catch(() => null);
    if (response) return ((await response.json()) as { webSocketDebuggerUrl: string }[])[0]?.webSocketDebuggerUrl ?? '';
    await wait(50);
  }
  throw new Error('the inspector of a child did not open');
}
