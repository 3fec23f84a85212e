import { describe, expect, test } from 'vitest';
import type { LiveCopy } from './event-log.ts';
import { textOf } from './events.fixture.ts';
import { createFollowerInbox, type Notice } from './follower-inbox.ts';

function copyAt(n: number): LiveCopy {
  return { entries: [{ id: `1-${n}`, event: textOf(1, 'a') }], before: { attempt: 1, n: n - 1 } };
}

/** An inbox whose follower is busy with each notice until it is told to go on. */
function createBusy() {
  const seen: Notice[] = [];
  const errors: unknown[] = [];
  let done = Promise.withResolvers<void>();
  const inbox = createFollowerInbox({
    onNotice(notice) {
      seen.push(notice);
      done = Promise.withResolvers();
      return done.promise;
    },
    onError: (error) => errors.push(error),
  });
  const goOn = async () => {
    done.resolve();
    await new Promise(setImmediate);
  };
  return { inbox, seen, errors, goOn, fail: (error: unknown) => done.reject(error) };
}

describe('the inbox of a follower', () => {
  test('gives what comes in the call that brings it, while the follower needs no time', () => {
    const seen: Notice[] = [];
    const inbox = createFollowerInbox({ onNotice: (notice) => void seen.push(notice), onError: () => expect.unreachable() });
    inbox.put(copyAt(1));
    expect(seen).toEqual([copyAt(1)]);
    inbox.fallSilent();
    inbox.put(copyAt(2));
    inbox.look();
    expect(seen).toEqual([copyAt(1), 'silent', copyAt(2), 'look']);
  });

  test('a follower that is busy gets the rest in order, and silence last', async () => {
    const { inbox, seen, goOn } = createBusy();
    inbox.put(copyAt(1));
    inbox.fallSilent();
    inbox.put(copyAt(2));
    inbox.put(copyAt(3));
    expect(seen).toEqual([copyAt(1)]);
    for (let i = 0; i < 4; i += 1) await goOn();
    expect(seen).toEqual([copyAt(1), copyAt(2), copyAt(3), 'silent']);
  });

  test('keeps no more than a few copies: then it asks for one look, and takes copies again', async () => {
    const { inbox, seen, goOn } = createBusy();
    for (let n = 1; n <= 1000; n += 1) inbox.put(copyAt(n));
    await goOn();
    expect(seen).toEqual([copyAt(1), 'look']);
    inbox.put(copyAt(1001));
    await goOn();
    expect(seen).toEqual([copyAt(1), 'look', copyAt(1001)]);
  });

  test('a copy without entries is a look', () => {
    const { inbox, seen } = createBusy();
    inbox.put({ entries: [], before: null });
    expect(seen).toEqual(['look']);
  });

  test('a closed inbox gives nothing any more, and forgotten copies do not come', async () => {
    const { inbox, seen, goOn } = createBusy();
    inbox.put(copyAt(1));
    inbox.put(copyAt(2));
    inbox.clear();
    await goOn();
    inbox.put(copyAt(3));
    inbox.put(copyAt(4));
    inbox.close();
    await goOn();
    inbox.look();
    expect(seen).toEqual([copyAt(1), copyAt(3)]);
  });

  test('what the follower throws is told, and not to whoever brings a copy', async () => {
    const { inbox, errors, fail } = createBusy();
    inbox.put(copyAt(1));
    fail('broken');
    await expect.poll(() => errors).toEqual(['broken']);
    const thrown: unknown[] = [];
    const throwing = createFollowerInbox({
      onNotice: () => {
        throw new Error('at once');
      },
      onError: (error) => thrown.push(error),
    });
    throwing.put(copyAt(1));
    expect(thrown).toEqual([new Error('at once')]);
  });
});
