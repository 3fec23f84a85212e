import type { JobEvent, JobOutput } from '@sluice/contract';
import { renderAnswer } from '@sluice/core';

type Delta = Extract<JobEvent, { type: 'text-delta' | 'reasoning-delta' | 'tool-delta' }>;

/** What a reader has not been told yet. `anew`: all that was told before no longer holds, and the answer is told again. */
export type Told =
  | { type: 'text'; delta: string }
  | { type: 'reasoning'; delta: string }
  /** Calls are counted from 0 in the order in which they appear. A call's first delta may be empty; its id and name stay. */
  | { type: 'tool'; rank: number; id: string; name: string; delta: string }
  | { type: 'anew' };

export interface TellOnce {
  tell(event: JobEvent): Told[];
  /** What a whole answer still lacks, when its log began again and broke off. */
  end(output: JobOutput | null): Told[];
}

/** One thing that grows: the text, the reasoning, or one call. */
interface Strand {
  told: string;
  /** How much of it this attempt has said; null when it has not begun it. */
  heardLength: number | null;
  id: string;
  name: string;
  isTold: boolean;
}

/**
 * Turns a job's events into text that only grows, for protocols that cannot take text back. An attempt that starts after some was
 * told is compared with it: while it says the same (a log that was lost and written again, an answer that was saved from a lost
 * worker's log) the reader is told nothing twice; when it says something else, the reader is told that it is told anew.
 */
export function createTellOnce(): TellOnce {
  const strands = new Map<string, Strand>();
  let toolRanks = new Map<number, number>();
  /** What this attempt has said while it is behind what was told; null when it is not. */
  let heard: Delta[] | null = null;

  function begin(): Told[] {
    toolRanks = new Map();
    for (const strand of strands.values()) strand.heardLength = null;
    heard = [...strands.values()].some(({ isTold }) => isTold) ? [] : null;
    return [];
  }

  function rankOf(delta: Delta): number {
    if (delta.type !== 'tool-delta') return 0;
    const rank = toolRanks.get(delta.index) ?? toolRanks.size;
    toolRanks.set(delta.index, rank);
    return rank;
  }

  function hear(delta: Delta): Told[] {
    const rank = rankOf(delta);
    const key = `${delta.type} ${rank}`;
    const strand = strands.get(key) ?? { told: '', heardLength: null, id: '', name: '', isTold: false };
    heard?.push(delta);
    if (heard && !isSame(strand, delta)) return tellAnew();
    strands.set(key, strand);
    const surplus = grow(strand, delta);
    if (heard && [...strands.values()].every(hasCaughtUp)) heard = null;
    if (surplus === '' && (strand.isTold || strand.name === '')) return [];
    strand.isTold = true;
    if (delta.type === 'text-delta') return [{ type: 'text', delta: surplus }];
    if (delta.type === 'reasoning-delta') return [{ type: 'reasoning', delta: surplus }];
    return [{ type: 'tool', rank, id: strand.id, name: strand.name, delta: surplus }];
  }

  function tellAnew(): Told[] {
    const again = heard ?? [];
    heard = null;
    strands.clear();
    toolRanks = new Map();
    return [{ type: 'anew' }, ...again.flatMap(hear)];
  }

  return {
    tell(event) {
      if (event.type === 'attempt-start') return begin();
      return isDelta(event) ? hear(event) : [];
    },
    end(output) {
      if (!heard || !output) return [];
      begin();
      const rest = renderAnswer({ attempt: 1, routes: [], route: 0 }, output).filter(isDelta).flatMap(hear);
      // Less than was told: no difference was found, and yet it is another answer.
      return heard === null ? rest : [...rest, ...tellAnew()];
    },
  };
}

function isDelta(event: JobEvent): event is Delta {
  return event.type === 'text-delta' || event.type === 'reasoning-delta' || event.type === 'tool-delta';
}

const moreOf = (delta: Delta): string => (delta.type === 'tool-delta' ? delta.arguments : delta.delta);

const hasCaughtUp = ({ isTold, told, heardLength }: Strand): boolean => !isTold || heardLength === told.length;

/** Whether an attempt goes on as it was told. */
function isSame({ told, heardLength, id, name }: Strand, delta: Delta): boolean {
  const more = moreOf(delta);
  const from = heardLength ?? 0;
  if (!more.startsWith(told.slice(from, from + more.length))) return false;
  if (delta.type !== 'tool-delta') return true;
  return (!delta.id || !id || delta.id === id) && (!delta.name || !name || delta.name === name);
}

/** Adds a delta to its strand; answers what of it is new. */
function grow(strand: Strand, delta: Delta): string {
  const more = moreOf(delta);
  const from = strand.heardLength ?? 0;
  const surplus = more.slice(strand.told.length - from);
  strand.heardLength = from + more.length;
  strand.told += surplus;
  if (delta.type === 'tool-delta' && !strand.isTold) {
    strand.id ||= delta.id ?? '';
    strand.name ||= delta.name ?? '';
  }
  return surplus;
}
