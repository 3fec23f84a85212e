import { sleep } from '@sluice/platform';

/** Waits for work, but no longer than the limit. */
export async function until(work: Promise<unknown>, limitMs: number): Promise<void> {
  const over = new AbortController();
  await Promise.race([work, sleep(limitMs, over.signal)]).finally(() => over.abort());
}
