import { sleep } from './clock.ts';
import type { Logger } from './logger.ts';

export interface Loop {
  /** Looks now instead of waiting for the interval. */
  wake(): void;
  /** When a turn last ended well; for `/livez`. */
  lastTurnAt(): number;
  /** Waits for the turn under way. */
  close(): Promise<void>;
}

export interface LoopOptions {
  name: string;
  intervalMs: number;
  log: Logger;
  /** One turn; `again` means there is more to do at once. */
  turn: (signal: AbortSignal) => Promise<'again' | 'rest'>;
}

/** Runs a turn, then waits for the interval or a wake. A turn that throws is logged and tried again after the interval. */
export function createLoop({ name, intervalMs, log, turn }: LoopOptions): Loop {
  const stop = new AbortController();
  let rest = new AbortController();
  let turnAt = Date.now();

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      rest = new AbortController();
      const next = await turn(stop.signal).catch((error: unknown) => {
        log.error({ err: error, loop: name }, 'loop turn failed');
        return 'failed' as const;
      });
      if (next !== 'failed') turnAt = Date.now();
      if (next !== 'again') await sleep(intervalMs, AbortSignal.any([stop.signal, rest.signal]));
    }
  }

  const done = run();
  return {
    wake: () => rest.abort(),
    lastTurnAt: () => turnAt,
    close: () => (stop.abort(), done),
  };
}
