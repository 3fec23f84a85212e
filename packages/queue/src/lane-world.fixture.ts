import { setTimeout as wait } from 'node:timers/promises';
import { newId } from '@sluice/contract';
import type { Logger } from '@sluice/platform';
import type { LaneMessage } from './catalogue.ts';
import { createConsumer, type Consumer, type ConsumerOptions } from './consumer.ts';
import { createProducer, type LaneCounts } from './producer.ts';
import type { QueueConnection } from './queue-connection.ts';

type Wanted = Partial<Omit<LaneMessage, 'providerId'>> & { jobId: string };

export interface TestLane {
  providerId: string;
  send(messages: Wanted[]): Promise<void>;
  counts(): Promise<LaneCounts>;
  consume(handle: ConsumerOptions['handle'], options?: Partial<Pick<ConsumerOptions, 'concurrency' | 'kind'>>): Consumer;
}

export interface LaneWorld {
  /** A lane nobody else has. */
  lane(): TestLane;
  /** Asks again until it is true; the test's own time limit ends it. */
  until(isTrue: () => boolean | Promise<boolean>): Promise<void>;
  close(): Promise<void>;
}

/** One producer and as many lanes and consumers as a test likes; closes them all. */
export function createLaneWorld(connection: QueueConnection, log: Logger): LaneWorld {
  const producer = createProducer({ connection, log });
  const consumers: Consumer[] = [];
  return {
    lane() {
      const providerId = newId('provider');
      return {
        providerId,
        send: (messages) =>
          producer.send(messages.map((message) => ({ providerId, kind: 'interactive', attempt: 1, priority: 10, delayMs: 0, ...message }))),
        counts: () => producer.counts(providerId),
        consume(handle, options) {
          const consumer = createConsumer({ connection, providerId, kind: 'interactive', concurrency: 10, log, handle, ...options });
          consumers.push(consumer);
          return consumer;
        },
      };
    },
    async until(isTrue) {
      while (!(await isTrue())) await wait(5);
    },
    async close() {
      await Promise.all(consumers.map((consumer) => consumer.close(1_000)));
      await producer.close();
    },
  };
}
