/** Says that a process is stopping: `/readyz` answers 503, so that nobody sends new requests here. */
export interface Drain {
  start(): void;
  isDraining(): boolean;
}

export function createDrain(): Drain {
  let isDraining = false;
  return { start: () => void (isDraining = true), isDraining: () => isDraining };
}
