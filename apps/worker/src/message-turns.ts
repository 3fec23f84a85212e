/** Looking at one message costs a row, a round trip and a way through the queue; 50 a second are nothing, and fill any place quickly. */
const spacingMs = 20;
/** Beyond its time a message waits this much longer at the most. */
const longestMs = 30_000;
/** Models that nobody waits for any more are forgotten when there are so many. */
const modelsMax = 1000;

/** When the messages of a model that cannot be asked now are looked at again. */
export interface MessageTurns {
  /** How long a message waits that can be of use in `waitMs` at the earliest; those with the same name wait for one another. */
  takeTurn(name: string[], waitMs: number): number;
}

interface TurnParts {
  /** Milliseconds that never go back. */
  nowMs?: () => number;
  random?: () => number;
}

/**
 * Gives the messages of each model one turn after another. Thousands may wait for a model with room for few; if each came back as
 * soon as a place may be free, they would keep the worker busy and the other models of the lane waiting.
 */
export function createMessageTurns({ nowMs = () => performance.now(), random = Math.random }: TurnParts = {}): MessageTurns {
  const lastTurns = new Map<string, number>();

  function forget(now: number): void {
    if (lastTurns.size < modelsMax) return;
    for (const [name, at] of lastTurns) if (at < now) lastTurns.delete(name);
  }

  return {
    takeTurn(names, waitMs) {
      const now = nowMs();
      const name = names.join('\n');
      const turn = Math.max(now + waitMs, (lastTurns.get(name) ?? 0) + spacingMs);
      if (turn > now + waitMs + longestMs) return waitMs + longestMs * (0.5 + random() / 2);
      forget(now);
      lastTurns.set(name, turn);
      return turn - now;
    },
  };
}
