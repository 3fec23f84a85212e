import { createDatabase, createVault } from '@sluice/core';
import { createRedisBell, createRedisEventLog, createRedisSubscriber } from '@sluice/events';
import { createRedisAdmission } from '@sluice/limits';
import { createClosers, createLogger, type Closers, type Settings } from '@sluice/platform';
import { createChatClient } from '@sluice/providers';
import { createProducer, prepareQueue } from '@sluice/queue';
import { Redis } from 'ioredis';
import { startWorker } from './start-worker.ts';
