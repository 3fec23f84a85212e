/** What a try came to: an answer's status, or null when there was no answer. */
export interface TryOutcome {
  status: number | null;
  /** What the answer asked for, if it did. */
  retryAfterMs: number | null;
}

export interface TryFacts {
  outcome: TryOutcome;
  /** Failed tries before this one, since `windowFrom`. */
  failures: number;
  /** When the event became due, or was last replayed. */
  windowFrom: Date;
  now: Date;
  /** From 0 to 1. */
  random: number;
}

export type NextTry = { to: 'delivered' } | { to: 'pending'; delayMs: number } | { to: 'failed' } | { to: 'disabled' };

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** Pauses after the first, second, ... failure; after these, the last one goes on. */
const pausesMs = [5 * second, 30 * second, 2 * minute, 10 * minute, 30 * minute, hour, 2 * hour, 4 * hour, 8 * hour, 12 * hour];
const windowMs = 75 * hour;
const jitter = 0.1;

/**
 * What follows a try. 2xx is delivered, 410 says that nobody wants these any more, and everything else, a redirect or silence
 * included, is tried again for 75 h; the last try is at the end of them. 429 and 503 may ask for a longer pause, never a shorter.
 */
export function decideNextTry({ outcome: { status, retryAfterMs }, failures, windowFrom, now, random }: TryFacts): NextTry {
  if (status !== null && status >= 200 && status < 300) return { to: 'delivered' };
  if (status === 410) return { to: 'disabled' };
  const leftMs = windowFrom.getTime() + windowMs - now.getTime();
  if (leftMs <= 0) return { to: 'failed' };
  const pauseMs = (pausesMs[Math.min(failures, pausesMs.length - 1)] ?? 0) * (1 + jitter * random);
  const askedMs = status === 429 || status === 503 ? (retryAfterMs ?? 0) : 0;
  return { to: 'pending', delayMs: Math.round(Math.min(Math.max(pauseMs, askedMs), leftMs)) };
}
