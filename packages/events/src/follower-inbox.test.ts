import { describe, expect, test } from 'vitest';
import { textOf } from './events.fixture.ts';
import { createFollowerInbox } from './follower-inbox.ts';
import type { LiveCopy } from './live-copy.ts';

function copyAt(n: number): LiveCopy {
  return { entries: [{ id: `1-${n}`, event: textOf(1, 'a') }], before: { attempt: 1, n: n - 1 } };
}

describe('the inbox of a follower', () => {
  test('gives copies in order, then silence', async () => {
    const inbox = createFollowerInbox(new AbortController().signal);
    inbox.put(copyAt(1));
    inbox.put(copyAt(2));
    expect(await inbox.next(1)).toEqual(copyAt(1));
    expect(await inbox.next(1)).toEqual(copyAt(2));
    expect(await inbox.next(1)).toBe('silent');
  });

  test('keeps no more than a few copies: then it asks for one look, and takes copies again', async () => {
    const inbox = createFollowerInbox(new AbortController().signal);
    for (let n = 1; n <= 1000; n += 1) inbox.put(copyAt(n));
    expect(await inbox.next(1)).toBe('look');
    expect(await inbox.next(1)).toBe('silent');
    inbox.put(copyAt(1001));
    expect(await inbox.next(1)).toEqual(copyAt(1001));
  });

  test('a copy without entries is a look', async () => {
    const inbox = createFollowerInbox(new AbortController().signal);
    inbox.put({ entries: [], before: null });
    expect(await inbox.next(1)).toBe('look');
  });

  test('wakes who waits, for a copy and for an abort', async () => {
    const abort = new AbortController();
    const inbox = createFollowerInbox(abort.signal);
    const first = inbox.next(60_000);
    inbox.put(copyAt(1));
    expect(await first).toEqual(copyAt(1));
    const second = inbox.next(60_000);
    abort.abort();
    expect(await second).toBe('closed');
    expect(await inbox.next(60_000)).toBe('closed');
  });
});
