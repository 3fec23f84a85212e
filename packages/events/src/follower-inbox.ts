import type { LiveCopy } from './live-copy.ts';

/** What woke a follower: a copy, a reason to read the log, nothing for the whole wait, or the end of its caller's interest. */
export type Notice = LiveCopy | 'look' | 'silent' | 'closed';

/** What happens while a follower waits or its consumer is busy. */
export interface FollowerInbox {
  put(copy: LiveCopy): void;
  /** The next notice will be `look`. */
  look(): void;
  /** Forgets the copies: a read that starts now sees what they hold. */
  clear(): void;
  /** The next notice. A consumer that is slower than the log finds one `look` instead of the copies it did not take. */
  next(timeoutMs: number): Promise<Notice>;
  close(): void;
}

/** Half a second of a fast stream. Above it the log is read, which costs one command, so that a slow reader costs no memory. */
const copiesMax = 32;

export function createFollowerInbox(signal: AbortSignal): FollowerInbox {
  let copies: LiveCopy[] = [];
  let mustLook = false;
  let wake: (() => void) | null = null;
  const onAbort = (): void => wake?.();
  signal.addEventListener('abort', onAbort);

  function take(): Notice | null {
    if (signal.aborted) return 'closed';
    if (!mustLook) return copies.shift() ?? null;
    mustLook = false;
    copies = [];
    return 'look';
  }

  function look(): void {
    mustLook = true;
    copies = [];
    wake?.();
  }

  function untilWoken(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, timeoutMs);
      wake = done;
      function done(): void {
        clearTimeout(timer);
        wake = null;
        resolve();
      }
    });
  }

  return {
    put(copy) {
      if (copy.entries.length === 0 || copies.length >= copiesMax) return look();
      if (!mustLook) copies.push(copy);
      wake?.();
    },
    look,
    clear() {
      copies = [];
    },
    async next(timeoutMs) {
      const ready = take();
      if (ready) return ready;
      await untilWoken(timeoutMs);
      return take() ?? 'silent';
    },
    close() {
      signal.removeEventListener('abort', onAbort);
    },
  };
}
