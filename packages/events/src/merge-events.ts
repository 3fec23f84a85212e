import type { JobEvent } from '@sluice/contract';

/**
 * Adds an event to a list, joined with the last one if both are deltas of the same thing. The events themselves are never
 * changed.
 */
export function addEvent(events: JobEvent[], event: JobEvent): void {
  const last = events.at(-1);
  const joined = last ? join(last, event) : null;
  if (joined) events[events.length - 1] = joined;
  else events.push(event);
}

/** Null when the two must stay apart. A tool delta that brings an id or a name begins a call. */
function join(first: JobEvent, second: JobEvent): JobEvent | null {
  if (first.attempt !== second.attempt) return null;
  if (first.type === 'text-delta' && second.type === 'text-delta') return { ...first, delta: first.delta + second.delta };
  if (first.type === 'reasoning-delta' && second.type === 'reasoning-delta') return { ...first, delta: first.delta + second.delta };
  if (first.type !== 'tool-delta' || second.type !== 'tool-delta' || first.index !== second.index) return null;
  if (second.id !== undefined || second.name !== undefined) return null;
  return { ...first, arguments: first.arguments + second.arguments };
}
