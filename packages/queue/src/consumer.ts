import type { Logger } from '@sluice/platform';
import { DelayedError, WaitingError, type Job } from 'bullmq';
import { LanePayload, queueName, type LaneKind } from './catalogue.ts';
import { keepWorker } from './keep-worker.ts';
import { createLaneGate, type LaneGate } from './lane-gate.ts';
import { leaseQueues, type QueueConnection } from './queue-connection.ts';
import { createQuietLog } from './quiet-log.ts';
import { until } from './until.ts';

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
  const handling = new Set<Promise<void>>();
  let progressAt = Date.now();
  let isClosing = false;

  async function take(message: Job, token?: string): Promise<void> {
    const handled = isClosing ? Promise.resolve(giveBack) : handleSafely({ message, handle, log });
    await track(handled.then((result) => putBack({ message, token, result, gate })));
  }

  async function track(work: Promise<void>): Promise<void> {
    handling.add(work);
    progressAt = Date.now();
    await work.finally(() => {
      handling.delete(work);
      progressAt = Date.now();
    });
  }

  const worker = keepWorker({
    report,
    open() {
      const opened = queues.openWorker(name, concurrency, take);
      opened.on('error', report);
      return opened;
    },
  });
  const gate = createLaneGate(() => worker.current());

  return {
    inFlight: () => handling.size,
    lastProgressAt: () => progressAt,
    async close(graceMs) {
      isClosing = true;
      gate.close();
      const closed = worker.close().then(release);
      await until(Promise.allSettled(handling), graceMs);
      if (handling.size === 0) await until(closed, farewellMs);
    },
  };
}

/** For a message that was under way from the store when the consumer closed. */
const giveBack: HandleResult = { type: 'wait-lane', waitMs: 0 };

interface Handling extends Pick<ConsumerOptions, 'handle' | 'log'> {
  message: Job;
}

async function handleSafely({ message, handle, log }: Handling): Promise<HandleResult> {
  const payload = LanePayload.safeParse(message.data);
  if (!payload.success) {
    log.error({ messageId: message.id, faults: payload.error.issues }, 'dropped a message that is none of ours');
    return { type: 'done' };
  }
  try {
    return await handle(payload.data);
  } catch (error) {
    log.error({ err: error, ...payload.data }, 'handling a message failed; the sweep recovers its job');
    return { type: 'done' };
  }
}

interface PutBack {
  message: Job;
  token: string | undefined;
  result: HandleResult;
  gate: LaneGate;
}

/** What is not done goes back to the store. BullMQ is told by an error that it must not count the message as done. */
async function putBack({ message, token, result, gate }: PutBack): Promise<void> {
  if (result.type === 'done') return;
  if (result.type === 'wait-message') {
    await message.moveToDelayed(Date.now() + result.waitMs, token);
    throw new DelayedError();
  }
  gate.shut(result.waitMs);
  await message.moveToWait(token);
  throw new WaitingError();
}
