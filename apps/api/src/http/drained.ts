import { once } from 'node:events';
import type { Response } from 'express';

/** Until the client has taken what was written, or has gone. Leaves no listener behind: a slow client makes thousands of waits. */
export async function drained(res: Response): Promise<void> {
  const done = new AbortController();
  const { signal } = done;
  await Promise.race([once(res, 'drain', { signal }), once(res, 'close', { signal })]).finally(() => done.abort());
}
