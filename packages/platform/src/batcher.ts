export interface BatcherOptions<Item, Result> {
  /** Handles a whole batch at once; answers one result an item, in order. A throw fails the batch. */
  flush: (items: Item[]) => Promise<Result[]>;
  /** Flushes under way at once, 2 unless told. */
  concurrency?: number;
  /** Items in one flush at the most, 500 unless told. */
  maxItems?: number;
}

export interface Batcher<Item, Result> {
  add(item: Item): Promise<Result>;
  /** Resolves when nothing is waiting or under way. */
  drain(): Promise<void>;
}

interface Waiting<Item, Result> {
  item: Item;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

/**
 * Natural batching: an item that finds a free flush goes at once; what arrives while all flushes are under way waits and goes
 * together. No timers: an idle server answers at once, a busy one shares a commit among hundreds. A batch that fails is tried
 * item by item, so a poison item hurts only itself.
 */
export function createBatcher<Item, Result>({
  flush,
  concurrency = 2,
  maxItems = 500,
}: BatcherOptions<Item, Result>): Batcher<Item, Result> {
  let waiting: Waiting<Item, Result>[] = [];
  let underWay = 0;
  let drained: (() => void)[] = [];

  async function run(batch: Waiting<Item, Result>[]): Promise<void> {
    underWay += 1;
    await flushBatch(flush, batch);
    underWay -= 1;
    next();
  }

  function next(): void {
    while (waiting.length > 0 && underWay < concurrency) {
      const batch = waiting.slice(0, maxItems);
      waiting = waiting.slice(maxItems);
      void run(batch);
    }
    if (waiting.length > 0 || underWay > 0) return;
    for (const resolve of drained) resolve();
    drained = [];
  }

  return {
    add: (item) =>
      new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        next();
      }),
    drain: () =>
      new Promise((resolve) => {
        drained.push(resolve);
        next();
      }),
  };
}

async function flushBatch<Item, Result>(flush: (items: Item[]) => Promise<Result[]>, batch: Waiting<Item, Result>[]): Promise<void> {
  try {
    const results = await flush(batch.map(({ item }) => item));
    if (results.length !== batch.length) throw new Error(`flush answered ${results.length} results for ${batch.length} items`);
    batch.forEach(({ resolve }, i) => resolve(results[i] as Result));
  } catch (error) {
    const [only] = batch;
    if (batch.length === 1 && only) only.reject(error);
    else for (const one of batch) await flushBatch(flush, [one]);
  }
}
