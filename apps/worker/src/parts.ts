import type { Clock, Logger, Settings } from '@sluice/platform';
import type { Database, Vault, WordRules } from '@sluice/core';
import type { ContentStore } from '@sluice/content';
import type { Egress } from '@sluice/egress';
import type { Bell, EventLog } from '@sluice/events';
import type { Admission } from '@sluice/limits';
import type { ChatClient } from '@sluice/providers';
import type { Producer, QueueConnection } from '@sluice/queue';
import type { Registry } from 'prom-client';

/** What a worker is given: opened by `compose.ts` or by the standalone process, and closed there. */
export interface WorkerParts {
  settings: Settings;
  log: Logger;
  clock: Clock;
  db: Database;
  vault: Vault;
  bell: Bell;
  eventLog: EventLog;
  admission: Admission;
  chatClient: ChatClient;
  content: ContentStore;
  wordRules: WordRules;
  egress: Egress;
  producer: Producer;
  queue: QueueConnection;
  registry: Registry;
}
