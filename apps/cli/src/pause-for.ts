import { setTimeout } from 'node:timers/promises';

/** Waits, and throws why it was stopped when the user stops it. */
export async function pauseFor(delayMs: number, signal: AbortSignal): Promise<void> {
  await setTimeout(delayMs, null, { signal }).catch(() => signal.throwIfAborted());
}
