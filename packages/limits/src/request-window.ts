import { windowMs } from './admission.ts';

/** The requests of the last 60 s of one key. */
export interface RequestWindow {
  waitMs(rpm: number, nowMs: number): number;
  add(rpm: number, nowMs: number): void;
  count(nowMs: number): number;
  isEmpty(nowMs: number): boolean;
}

export function createRequestWindow(): RequestWindow {
  /** Newest last; those before the last rpm are of no interest. */
  let stamps: number[] = [];
  return {
    waitMs(rpm, nowMs) {
      const stampMs = stamps.at(-rpm);
      return stampMs === undefined ? 0 : Math.max(0, stampMs + windowMs + 1 - nowMs);
    },
    add(rpm, nowMs) {
      stamps.push(nowMs);
      if (stamps.length > 2 * rpm) stamps = stamps.slice(-rpm);
    },
    count: (nowMs) => stamps.filter((stampMs) => nowMs - stampMs <= windowMs).length,
    isEmpty: (nowMs) => nowMs - (stamps.at(-1) ?? 0) > windowMs,
  };
}
