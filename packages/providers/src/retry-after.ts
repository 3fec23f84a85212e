import type { IncomingHttpHeaders } from 'node:http';

const retryAfterMaxMs = 24 * 3_600_000;
const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

interface RetryHints {
  headers: IncomingHttpHeaders;
  /** The vendor's message; some say there alone how long to wait. */
  message: string;
  nowMs: number;
}

/** How long the provider asks to wait: `retry-after-ms`, `retry-after` in seconds or as a date, "try again in 20s"; at most a day. */
export function readRetryAfterMs({ headers, message, nowMs }: RetryHints): number | undefined {
  const waitMs = readNumber(headers['retry-after-ms'], 1) ?? readHeader(headers['retry-after'], nowMs) ?? readSentence(message);
  return waitMs === undefined ? undefined : Math.min(Math.max(Math.ceil(waitMs), 0), retryAfterMaxMs);
}

function readHeader(value: string | undefined, nowMs: number): number | undefined {
  const seconds = readNumber(value, 1000);
  if (seconds !== undefined || value === undefined) return seconds;
  // JavaScript takes almost anything for a date; one in a header has the name of a month.
  const atMs = /[a-z]{3}/i.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(atMs) ? undefined : atMs - nowMs;
}

function readNumber(value: string | string[] | undefined, factor: number): number | undefined {
  return typeof value === 'string' && /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) * factor : undefined;
}

function readSentence(message: string): number | undefined {
  const match = /(?:retry|try again) (?:in|after) (\d+(?:\.\d+)?) ?(ms|s|m|h)?/i.exec(message);
  return match ? Number(match[1]) * (unitMs[match[2]?.toLowerCase() ?? 's'] ?? 1000) : undefined;
}
