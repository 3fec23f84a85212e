/** Why a running attempt is stopped from outside. */
export type StopReason = 'cancel' | 'shutdown' | 'lease-lost' | 'fenced';

/** The attempts this process runs now, so that whoever has to can stop one. */
export interface RunningAttempts {
  start(jobId: string): AbortController;
  /** Takes what `start` gave: a job's earlier attempt may end here when its next one runs already. */
  end(jobId: string, controller: AbortController): void;
  stop(jobId: string, reason: StopReason): void;
  stopAll(reason: StopReason): void;
  count(): number;
  jobIds(): string[];
  /** Resolves when nothing runs any more. */
  idle(): Promise<void>;
}

export function createRunningAttempts(): RunningAttempts {
  const controllers = new Map<string, AbortController>();
  let waiting: (() => void)[] = [];

  function wakeIfIdle(): void {
    if (controllers.size > 0) return;
    for (const resolve of waiting) resolve();
    waiting = [];
  }

  return {
    start(jobId) {
      const controller = new AbortController();
      controllers.set(jobId, controller);
      return controller;
    },
    end(jobId, controller) {
      if (controllers.get(jobId) === controller) controllers.delete(jobId);
      wakeIfIdle();
    },
    stop: (jobId, reason) => controllers.get(jobId)?.abort(reason),
    stopAll: (reason) => controllers.forEach((controller) => controller.abort(reason)),
    count: () => controllers.size,
    jobIds: () => [...controllers.keys()],
    idle: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        wakeIfIdle();
      }),
  };
}

/** The reason an attempt's signal was aborted with, if it was. */
export function stopReasonOf(signal: AbortSignal): StopReason | null {
  return signal.aborted ? (signal.reason as StopReason) : null;
}
