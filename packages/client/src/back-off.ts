export interface FailedTry {
  /** 0 for the first. */
  tries: number;
  retriesMax: number;
  /** A longer Retry-After is not waited for: the caller is told instead. */
  waitMaxMs: number;
  /** Null when no answer came. */
  answer: { status: number; headers: Headers } | null;
  /** From 0 to 1. */
  random: number;
}

/**
 * How long to wait before a request is sent again, in milliseconds; null when it should not be. The server's `x-should-retry` and
 * `Retry-After` count more than what the status suggests.
 */
export function decideRetry({ tries, retriesMax, waitMaxMs, answer, random }: FailedTry): number | null {
  if (tries >= retriesMax) return null;
  if (!answer) return backOffMs(tries, random);
  if (!isWorthTrying(answer)) return null;
  const askedMs = readRetryAfter(answer.headers, Date.now());
  if (askedMs === null) return backOffMs(tries, random);
  return askedMs > waitMaxMs ? null : askedMs + random * 100;
}

/** Doubles from half a second to 15 seconds; a quarter of it is chance, so that clients do not come back together. */
export function backOffMs(tries: number, random: number): number {
  return Math.min(15_000, 500 * 2 ** Math.min(tries, 10)) * (0.75 + random * 0.25);
}

function isWorthTrying({ status, headers }: { status: number; headers: Headers }): boolean {
  const advice = headers.get('x-should-retry');
  if (advice === 'true' || advice === 'false') return advice === 'true';
  return status === 408 || status === 429 || status >= 500;
}

/** `retry-after-ms`, or `Retry-After` in seconds or as a date. */
export function readRetryAfter(headers: Headers, nowMs: number): number | null {
  const ms = headers.get('retry-after-ms');
  if (ms !== null && /^\d+(\.\d+)?$/.test(ms)) return Number(ms);
  const after = headers.get('retry-after');
  if (after === null) return null;
  if (/^\d+(\.\d+)?$/.test(after)) return Number(after) * 1000;
  const at = Date.parse(after);
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
}
