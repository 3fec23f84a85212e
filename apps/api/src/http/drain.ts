/** Says that a process is stopping: `/readyz` answers 503, so that nobody sends new requests here. */
export interface Drain {
  start(): void;
  isDraining(): boolean;
  /** Keeps the process from ending before this work has, although its connection may be gone. Answers the work itself. */
  hold<Result>(work: Promise<Result>): Promise<Result>;
  /** Resolves when nothing is held any more. */
  idle(): Promise<void>;
}

export function createDrain(): Drain {
  const held = new Set<Promise<unknown>>();
  let isDraining = false;
  return {
    start: () => void (isDraining = true),
    isDraining: () => isDraining,
    hold(work) {
      const done = (): void => void held.delete(work);
      held.add(work);
      work.then(done, done);
      return work;
    },
    idle: async () => void (await Promise.allSettled(held)),
  };
}
