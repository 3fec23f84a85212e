/** Time passed in, so that rules can be tested at any hour. Leases use the database's clock, not this one. */
export type Clock = () => Date;

export const systemClock: Clock = () => new Date();

/** Waits, or ends early without an error when the signal aborts. */
export function sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, delayMs);
    signal?.addEventListener('abort', done);
  });
}
