import { sleep, type Logger } from '@sluice/platform';
import { DelayedError, WaitingError, type Job } from 'bullmq';
import { LanePayload, queueName, type LaneKind } from './catalogue.ts';
import { createLaneGate } from './lane-gate.ts';
import { leaseQueues, type LaneWorker, type QueueConnection } from './queue-connection.ts';
import { createQuietLog } from './quiet-log.ts';

/** What becomes of a message: it is done with, the whole lane waits and the message with it, or only the message waits. */
export type HandleResult = { type: 'done' } | { type: 'wait-lane'; waitMs: number } | { type: 'wait-message'; waitMs: number };

export interface ConsumerOptions {
  connection: QueueConnection;
  providerId: string;
  kind: LaneKind;
  /** Messages handled at once. */
  concurrency: number;
  log: Logger;
  /** May see a message twice, or long after its job ended: the row decides. A throw is logged and the message dropped. */
  handle: (message: LanePayload) => Promise<HandleResult>;
}

export interface Consumer {
  setConcurrency(concurrency: number): void;
  /** How many messages are being handled. */
  inFlight(): number;
  /** When a message was last taken or done with, in milliseconds since 1970. Old while the lane is empty or every slot is busy. */
  lastProgressAt(): number;
  /**
   * Takes no more messages from now on, waits up to `graceMs` for those being handled, and returns. A handler that is still
   * running then goes on, and its message is acknowledged when it ends.
   */
  close(graceMs: number): Promise<void>;
}

/** How long an idle consumer waits for a store that may be away before it leaves anyway. */
const farewellMs = 2_000;

/**
 * Delivers the messages of one lane, by priority, each at least once until its handler is done with it. It promises no more:
 * a message can be lost with its store, and the sweep sends it again.
 */
export function createConsumer({ connection, providerId, kind, concurrency, log: parentLog, handle }: ConsumerOptions): Consumer {
  const name = queueName(providerId, kind);
  const log = parentLog.child({ queue: name });
  const report = createQuietLog(log);
  const { queues, release } = leaseQueues(connection);
  const stop = new AbortController();
  const handling = new Set<Promise<void>>();
  let progressAt = Date.now();
  let worker = open();
  const gate = createLaneGate(() => worker);
  const started = start();

  function open(): LaneWorker {
    const opened = queues.openWorker(name, concurrency, (message, token) => track(deliver(message, token)));
    opened.on('error', report);
    return opened;
  }

  /** A worker remembers a failed start for ever, so another one is opened until one is ready. */
  async function start(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        await worker.waitUntilReady();
        return void worker.run().catch(report);
      } catch (error) {
        report(error);
        await worker.close().catch(report);
        await sleep(1_000, stop.signal);
        if (!stop.signal.aborted) worker = open();
      }
    }
  }

  async function track(work: Promise<void>): Promise<void> {
    handling.add(work);
    progressAt = Date.now();
    await work.finally(() => {
      handling.delete(work);
      progressAt = Date.now();
    });
  }

  async function deliver(message: Job, token?: string): Promise<void> {
    const payload = LanePayload.safeParse(message.data);
    if (!payload.success) return log.error({ messageId: message.id, faults: payload.error.issues }, 'dropped a message that is none');
    const result = stop.signal.aborted ? ({ type: 'wait-lane', waitMs: 0 } as const) : await handleSafely(payload.data);
    if (result.type === 'done') return;
    if (result.type === 'wait-message') {
      await message.moveToDelayed(Date.now() + result.waitMs, token);
      throw new DelayedError();
    }
    gate.shut(result.waitMs);
    await message.moveToWait(token);
    throw new WaitingError();
  }

  async function handleSafely(payload: LanePayload): Promise<HandleResult> {
    try {
      return await handle(payload);
    } catch (error) {
      log.error({ err: error, ...payload }, 'handling a message failed; the sweep recovers its job');
      return { type: 'done' };
    }
  }

  async function closeWorker(): Promise<void> {
    await worker.close().catch(report);
    await release();
  }

  return {
    setConcurrency(wanted) {
      concurrency = wanted;
      worker.concurrency = wanted;
    },
    inFlight: () => handling.size,
    lastProgressAt: () => progressAt,
    async close(graceMs) {
      stop.abort();
      gate.close();
      const closed = closeWorker();
      await until(Promise.allSettled(handling), graceMs);
      if (handling.size === 0) await until(closed, farewellMs);
    },
  };
}

/** Waits for work, but no longer than the limit. */
async function until(work: Promise<unknown>, limitMs: number): Promise<void> {
  const over = new AbortController();
  await Promise.race([work, sleep(limitMs, over.signal)]).finally(() => over.abort());
}
