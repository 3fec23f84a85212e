export { laneKinds, LanePayload, type LaneKind, type LaneMessage } from './catalogue.ts';
export { createConsumer, type Consumer, type ConsumerOptions, type HandleResult } from './consumer.ts';
export { prepareQueue } from './prepare-queue.ts';
export { createProducer, type LaneCounts, type Producer } from './producer.ts';
export type { QueueConnection } from './queue-connection.ts';
