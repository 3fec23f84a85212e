import { callIdOf, itemIds } from '@sluice/core';
import type { Told } from '../jobs/tell-once.ts';
import { openFunctionCall, openMessage, openReasoning, type ItemPlace, type OpenItem } from './open-item.ts';
import type { ResponseEventBody } from './response-events.ts';

/** The output of a response while it grows. */
export interface OpenOutput {
  add(told: Told): ResponseEventBody[];
  /** Ends what is open. Items that come after take the next places. */
  close(how: 'completed' | 'broken-off'): ResponseEventBody[];
}

/** The order of items in a response; the calls follow by their ranks. */
const order = { reasoning: -2, message: -1 };

/**
 * Opens an item at its first delta, each at the next place and under an id of its own. Reasoning ends where the answer begins;
 * the message and the calls end together, so that each stays one item however a model mixes them.
 */
export function createOpenOutput(jobId: string): OpenOutput {
  const { unused, place } = createPlaces();
  const open = new Map<number, OpenItem>();

  function grow(at: number, delta: string, openItem: () => OpenItem): ResponseEventBody[] {
    const known = open.get(at);
    if (known) return known.grow(delta);
    const item = openItem();
    open.set(at, item);
    return [...item.begin(), ...item.grow(delta)];
  }

  function endReasoning(): ResponseEventBody[] {
    const ended = open.get(order.reasoning)?.close('completed') ?? [];
    open.delete(order.reasoning);
    return ended;
  }

  function add(told: Exclude<Told, { type: 'anew' }>): ResponseEventBody[] {
    if (told.type === 'reasoning') return grow(order.reasoning, told.delta, () => openReasoning(place(itemIds.reasoning(jobId))));
    const before = endReasoning();
    if (told.type === 'text') return [...before, ...grow(order.message, told.delta, () => openMessage(place(itemIds.message(jobId))))];
    const { rank, id, name, delta } = told;
    const openCall = (): OpenItem =>
      openFunctionCall(place(itemIds.functionCall(jobId, rank)), { call_id: unused(callIdOf(jobId, { id }, rank)), name });
    return [...before, ...grow(rank, delta, openCall)];
  }

  /** What broke off did so in the last item. */
  function close(how: 'completed' | 'broken-off'): ResponseEventBody[] {
    const items = [...open.entries()].toSorted(([a], [b]) => a - b).map(([, item]) => item);
    open.clear();
    return items.flatMap((item, i) => item.close(how === 'broken-off' && i === items.length - 1 ? 'incomplete' : 'completed'));
  }

  return { add: (told) => (told.type === 'anew' ? close('broken-off') : add(told)), close };
}

/** Gives items their places, one after the other, and ids that are used once. */
function createPlaces() {
  const usedIds = new Set<string>();
  let places = 0;

  /** An id that was used already, because a second such item has to be shown, gets a number. */
  function unused(id: string): string {
    let free = id;
    for (let n = 2; usedIds.has(free); n += 1) free = `${id}_${n}`;
    usedIds.add(free);
    return free;
  }

  return {
    unused,
    place(id: string): ItemPlace {
      places += 1;
      return { id: unused(id), index: places - 1 };
    },
  };
}
