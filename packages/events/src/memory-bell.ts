import type { Bell } from './bell.ts';
import { createFanOut } from './fan-out.ts';

/**
 * The bell for one process. Listeners are called in a later microtask, so that a ring inside a transaction's code cannot run
 * them in the middle of it.
 */
export function createMemoryBell(): Bell {
  const rings = createFanOut<string | undefined>();
  return {
    ring: (topic, payload) => queueMicrotask(() => rings.emit(topic, payload)),
    listen: (topic, onRing) => Promise.resolve(rings.add(topic, onRing)),
    close: () => Promise.resolve(),
  };
}
