/** A loop that must go on: the process is stuck when its last good turn is longer ago than `ageMaxMs`. Progress counts, not being there. */
export interface Probe {
  name: string;
  lastTurnAt(): number;
  ageMaxMs: number;
}

/** The names of the loops that do not go on. */
export function findStuck(probes: Probe[], nowMs: number): string[] {
  return probes.filter(({ lastTurnAt, ageMaxMs }) => nowMs - lastTurnAt() > ageMaxMs).map(({ name }) => name);
}
