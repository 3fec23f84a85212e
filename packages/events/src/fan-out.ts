/** Listeners by topic, in this process. */
export interface FanOut<Value> {
  /** The answer ends it; ending twice is harmless. A listener must not throw. */
  add(topic: string, listener: (value: Value) => void): () => void;
  emit(topic: string, value: Value): void;
  emitAll(value: Value): void;
  topics(): string[];
  has(topic: string): boolean;
}

export function createFanOut<Value>(): FanOut<Value> {
  const listeners = new Map<string, Set<(value: Value) => void>>();

  function emit(topic: string, value: Value): void {
    for (const listener of listeners.get(topic) ?? []) listener(value);
  }

  return {
    add(topic, listener) {
      // An own function each time, so that the same listener may listen twice.
      const own = (value: Value): void => listener(value);
      const group = listeners.get(topic) ?? new Set();
      listeners.set(topic, group.add(own));
      return () => {
        group.delete(own);
        if (group.size === 0 && listeners.get(topic) === group) listeners.delete(topic);
      };
    },
    emit,
    emitAll(value) {
      for (const topic of listeners.keys()) emit(topic, value);
    },
    topics: () => [...listeners.keys()],
    has: (topic) => listeners.has(topic),
  };
}
