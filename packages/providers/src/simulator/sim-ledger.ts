/** One call that the simulator saw. Times are milliseconds since 1970. */
export interface SimCall {
  id: number;
  /** The last four characters of the key: a real key may be pasted here by mistake. */
  key: string;
  model: string;
  tag: string | null;
  isStream: boolean;
  /** What it came to: `completed`, `refused`, `stalled`, `cut`, ... or `client-closed`; `open` until then. */
  outcome: string;
  status: number | null;
  /** Tokens sent. */
  tokens: number;
  startedAt: number;
  firstTokenAt: number | null;
  endedAt: number | null;
  /** When the caller closed the connection before the answer was over. */
  clientClosedAt: number | null;
}

export interface SimLedger {
  /** The calls, oldest first; with a tag, only those of that tag. */
  calls(tag?: string): SimCall[];
  /** How many calls ended how, since the start, those that the ledger no longer holds included. */
  outcomes(): Record<string, number>;
  /** How many of the oldest calls were let go, because the ledger holds 20,000. */
  dropped(): number;
  clear(): void;
}

export interface SimBook extends SimLedger {
  start(call: Pick<SimCall, 'key' | 'model' | 'tag' | 'isStream'>, nowMs: number): SimCall;
  end(call: SimCall, outcome: string, nowMs: number): void;
}

const callsMax = 20_000;

export function createSimLedger(): SimBook {
  let calls: SimCall[] = [];
  let outcomes: Record<string, number> = {};
  let started = 0;
  let dropped = 0;
  return {
    start(known, startedAt) {
      started += 1;
      const call = {
        id: started,
        ...known,
        outcome: 'open',
        status: null,
        tokens: 0,
        startedAt,
        firstTokenAt: null,
        endedAt: null,
        clientClosedAt: null,
      };
      calls.push(call);
      // Let go in lumps: shifting one by one would move the whole array for each call.
      if (calls.length >= callsMax * 1.1) {
        dropped += calls.length - callsMax;
        calls = calls.slice(-callsMax);
      }
      return call;
    },
    end(call, outcome, nowMs) {
      if (call.endedAt !== null) return;
      call.endedAt = nowMs;
      call.outcome = outcome;
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    },
    calls: (tag) => (tag === undefined ? [...calls] : calls.filter((call) => call.tag === tag)),
    outcomes: () => ({ ...outcomes }),
    dropped: () => dropped,
    clear: () => void ([calls, outcomes, dropped] = [[], {}, 0]),
  };
}
