import type { LiveCopy } from './event-log.ts';

/** What a follower has to see to: a copy, a reason to read the log, or that nothing came for a while. */
export type Notice = LiveCopy | 'look' | 'silent';

interface InboxOptions {
  /** Sees to a notice; the next one waits for its promise, if it gives one. */
  onNotice: (notice: Notice) => Promise<void> | void;
  /** Told what `onNotice` throws. */
  onError: (error: unknown) => void;
}

/** Gives a follower its notices, one at a time: in the very call that brings one, unless the follower is busy with another. */
export interface FollowerInbox {
  /** A follower that is slower than the log finds one `look` instead of the copies it did not take. */
  put(copy: LiveCopy): void;
  look(): void;
  /** Nothing came for a while; told when nothing else is to be told. */
  fallSilent(): void;
  /** Forgets the copies: a read that starts now sees what they hold. */
  clear(): void;
  /** There are no notices any more. */
  close(): void;
  isClosed(): boolean;
}

/** Half a second of a fast stream. Above it the log is read, which costs one command, so that a slow reader costs no memory. */
const copiesMax = 32;

export function createFollowerInbox({ onNotice, onError }: InboxOptions): FollowerInbox {
  let copies: LiveCopy[] = [];
  let mustLook = false;
  let isSilent = false;
  let state: 'idle' | 'busy' | 'closed' = 'idle';
  const isClosed = (): boolean => state === 'closed';

  function take(): Notice | null {
    const notice = mustLook ? 'look' : (copies.shift() ?? (isSilent ? 'silent' : null));
    if (notice === 'look') mustLook = false;
    if (notice === 'silent') isSilent = false;
    return notice;
  }

  /** Waits only where there is something to wait for: live copies come and go without. */
  async function work(): Promise<void> {
    if (state !== 'idle') return;
    state = 'busy';
    try {
      for (let notice = take(); notice && !isClosed(); notice = take()) {
        const seeing = onNotice(notice);
        if (seeing) await seeing;
      }
    } catch (error) {
      onError(error);
    }
    if (!isClosed()) state = 'idle';
  }

  function look(): void {
    mustLook = true;
    copies = [];
    void work();
  }

  return {
    put(copy) {
      if (copy.entries.length === 0 || copies.length >= copiesMax) return look();
      if (!mustLook) copies.push(copy);
      void work();
    },
    look,
    fallSilent() {
      isSilent = true;
      void work();
    },
    clear() {
      copies = [];
    },
    close() {
      state = 'closed';
    },
    isClosed,
  };
}
