import type { ItemStatus } from '@sluice/contract';
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

/**
 * Opens an item at its first delta, each at the next place and under an id of its own. Reasoning ends where the answer begins;
 * the message and the calls end together, so that each stays one item however a model mixes them.
 */
export function createOpenOutput(jobId: string): OpenOutput {
  const usedIds = new Set<string>();
  const calls = new Map<number, OpenItem>();
  let places = 0;
  let reasoning: OpenItem | null = null;
  let message: OpenItem | null = null;

  /** An id that was used already, because a second such item has to be shown, gets a number. */
  function unused(id: string): string {
    let free = id;
    for (let n = 2; usedIds.has(free); n += 1) free = `${id}_${n}`;
    usedIds.add(free);
    return free;
  }

  function place(id: string): ItemPlace {
    places += 1;
    return { id: unused(id), index: places - 1 };
  }

  function endReasoning(status: ItemStatus): ResponseEventBody[] {
    const ended = reasoning?.close(status) ?? [];
    reasoning = null;
    return ended;
  }

  function begun(item: OpenItem, delta: string): ResponseEventBody[] {
    return [...item.begin(), ...item.grow(delta)];
  }

  function addReasoning(delta: string): ResponseEventBody[] {
    if (reasoning) return reasoning.grow(delta);
    reasoning = openReasoning(place(itemIds.reasoning(jobId)));
    return begun(reasoning, delta);
  }

  function addText(delta: string): ResponseEventBody[] {
    const before = endReasoning('completed');
    if (message) return [...before, ...message.grow(delta)];
    message = openMessage(place(itemIds.message(jobId)));
    return [...before, ...begun(message, delta)];
  }

  function addCall({ rank, id, name, delta }: Extract<Told, { type: 'tool' }>): ResponseEventBody[] {
    const before = endReasoning('completed');
    const known = calls.get(rank);
    if (known) return [...before, ...known.grow(delta)];
    const call = openFunctionCall(place(itemIds.functionCall(jobId, rank)), { call_id: unused(callIdOf(jobId, { id }, rank)), name });
    calls.set(rank, call);
    return [...before, ...begun(call, delta)];
  }

  /** What broke off did so in the last item. */
  function close(how: 'completed' | 'broken-off'): ResponseEventBody[] {
    const open = [reasoning, message, ...calls.values()].filter((item) => item !== null);
    [reasoning, message] = [null, null];
    calls.clear();
    return open.flatMap((item, i) => item.close(how === 'broken-off' && i === open.length - 1 ? 'incomplete' : 'completed'));
  }

  return {
    add(told) {
      if (told.type === 'anew') return close('broken-off');
      if (told.type === 'reasoning') return addReasoning(told.delta);
      return told.type === 'text' ? addText(told.delta) : addCall(told);
    },
    close,
  };
}
