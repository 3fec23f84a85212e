/** What a composition opened, to be closed in reverse. Each `open` is followed by its `close` on the same line. */
export interface Closers {
  add(name: string, close: () => unknown): void;
  /** Closes everything, newest first; one that fails does not keep the others open. Throws what failed, together. */
  closeAll(): Promise<void>;
}

export function createClosers(): Closers {
  const closers: { name: string; close: () => unknown }[] = [];
  return {
    add: (name, close) => void closers.push({ name, close }),
    async closeAll() {
      const failures: Error[] = [];
      for (let closer = closers.pop(); closer; closer = closers.pop()) {
        try {
          await closer.close();
        } catch (cause) {
          failures.push(new Error(`closing ${closer.name} failed`, { cause }));
        }
      }
      if (failures.length > 0) throw new AggregateError(failures, 'not everything could be closed');
    },
  };
}
