/** Something that goes on over time; it answers whether there is more to come. */
export type Ticked = (nowMs: number) => boolean;

export interface SimTicker {
  add(ticked: Ticked): void;
  close(): void;
}

const tickMs = 5;

/** One timer for all streams: 500 streams of 50 tokens/s would be 25,000 timers a second. It rests while nothing goes on. */
export function createSimTicker(): SimTicker {
  const running = new Set<Ticked>();
  let timer: NodeJS.Timeout | undefined;

  function tick(): void {
    const nowMs = performance.now();
    for (const ticked of running) if (!ticked(nowMs)) running.delete(ticked);
    if (running.size === 0) stop();
  }

  function stop(): void {
    clearInterval(timer);
    timer = undefined;
  }

  return {
    add(ticked) {
      if (!ticked(performance.now())) return;
      running.add(ticked);
      timer ??= setInterval(tick, tickMs);
    },
    close() {
      running.clear();
      stop();
    },
  };
}
