import { createBatcher, type Logger } from '@sluice/platform';
import { laneKinds, queueName, renderMessage, type LaneMessage } from './catalogue.ts';
import { leaseQueues, type QueueConnection } from './queue-connection.ts';
import type { LaneQueue } from './queues.ts';
import { createQuietLog } from './quiet-log.ts';

/** What stands in the two queues of a provider, together. */
export interface LaneCounts {
  waiting: number;
  active: number;
  delayed: number;
}

export interface Producer {
  /**
   * Sends messages; those that wait for a free flush go together, one command a queue. A message whose id still waits or runs is
   * ignored. Rejects within about three seconds when the store is away: the queued row is the outbox, and the sweep sends again.
   * A rejected message may still arrive.
   */
  send(messages: LaneMessage[]): Promise<void>;
  counts(providerId: string): Promise<LaneCounts>;
  close(): Promise<void>;
}

const sendTimeoutMs = 3_000;
/** After a failure, sends are refused at once for this long, so that an outage does not pile up callers. */
const restMs = 1_000;

export function createProducer({ connection, log }: { connection: QueueConnection; log: Logger }): Producer {
  const { queues, release } = leaseQueues(connection);
  const report = createQuietLog(log);
  const open = new Map<string, LaneQueue>();
  let restUntilMs = 0;

  function queueOf(name: string): LaneQueue {
    const known = open.get(name);
    if (known) return known;
    const queue = queues.openQueue(name);
    queue.on('error', report);
    open.set(name, queue);
    return queue;
  }

  /** A queue that failed is forgotten: BullMQ remembers a failed start for ever. */
  function forget(name: string): void {
    void open.get(name)?.close().catch(report);
    open.delete(name);
  }

  async function sendTo(name: string, messages: LaneMessage[]): Promise<Error | null> {
    if (performance.now() < restUntilMs) return new Error('the queue is away');
    try {
      await within(sendTimeoutMs, add(queueOf(name), messages));
      return null;
    } catch (error) {
      restUntilMs = performance.now() + restMs;
      forget(name);
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  async function flush(messages: LaneMessage[]): Promise<(Error | null)[]> {
    const byQueue = Map.groupBy(messages, ({ providerId, kind }) => queueName(providerId, kind));
    const outcomes = await Promise.all([...byQueue].map(async ([name, group]) => [name, await sendTo(name, group)] as const));
    const failures = new Map(outcomes);
    return messages.map(({ providerId, kind }) => failures.get(queueName(providerId, kind)) ?? null);
  }

  const batcher = createBatcher({ flush, maxItems: 1000 });
  return {
    async send(messages) {
      const failures = await Promise.all(messages.map((message) => batcher.add(message)));
      const failure = failures.find((found) => found !== null);
      if (failure) throw failure;
    },
    async counts(providerId) {
      const each = await Promise.all(laneKinds.map((kind) => within(sendTimeoutMs, countQueue(queueOf(queueName(providerId, kind))))));
      return each.reduce((a, b) => ({ waiting: a.waiting + b.waiting, active: a.active + b.active, delayed: a.delayed + b.delayed }));
    },
    async close() {
      await batcher.drain();
      await Promise.all([...open.values()].map((queue) => within(sendTimeoutMs, queue.close()).catch(report)));
      // A worker that was closed while it started may keep its connection: nobody waits for that.
      await within(sendTimeoutMs, release()).catch(report);
    },
  };
}

/** One message by itself is the common case of an idle server, and cheaper so: on PostgreSQL a bulk add makes two temporary tables. */
async function add(queue: LaneQueue, messages: LaneMessage[]): Promise<void> {
  const [first, ...others] = messages.map(renderMessage);
  if (first && others.length === 0) await queue.add(first.name, first.data, first.opts);
  else if (first) await queue.addBulk([first, ...others]);
}

async function countQueue(queue: LaneQueue): Promise<LaneCounts> {
  const { waiting = 0, prioritized = 0, active = 0, delayed = 0 } = await queue.getJobCounts('waiting', 'prioritized', 'active', 'delayed');
  return { waiting: waiting + prioritized, active, delayed };
}

async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the queue did not answer within ${limitMs} ms`)), limitMs);
  });
  return await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
