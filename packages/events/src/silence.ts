/** Knows when a heartbeat is due, and says so. */
export interface Silence {
  /** Whether nothing came for as long as a reader may hear nothing. */
  isDue(): boolean;
  /** Something came, so the time begins anew. */
  breakOff(): void;
  /** Says so once more, when it is due or a blind look is. */
  wait(): void;
  end(): void;
}

interface SilenceOptions {
  heartbeatMs: number;
  /** True while nothing can be heard; then it is told every second. */
  isBlind: () => boolean;
  onSilence: () => void;
}

const blindPollMs = 1000;

/** One timer, which an event does not touch: it looks at the clock when it fires. */
export function createSilence({ heartbeatMs, isBlind, onSilence }: SilenceOptions): Silence {
  let dueAtMs = performance.now() + heartbeatMs;
  let timer = start();

  function leftMs(): number {
    return Math.max(0, Math.ceil(dueAtMs - performance.now()));
  }

  function start(): NodeJS.Timeout {
    return setTimeout(onSilence, isBlind() ? Math.min(leftMs(), blindPollMs) : leftMs());
  }

  return {
    isDue: () => leftMs() === 0,
    breakOff() {
      dueAtMs = performance.now() + heartbeatMs;
    },
    wait() {
      clearTimeout(timer);
      timer = start();
    },
    end: () => clearTimeout(timer),
  };
}
