import type { Response } from 'express';

/** Until the client has taken what was written, or has gone. Leaves no listener behind: a slow client makes thousands of waits. */
export function drained(res: Response): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      res.off('drain', done).off('close', done);
      resolve();
    };
    res.on('drain', done).on('close', done);
  });
}
