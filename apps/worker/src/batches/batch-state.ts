import type { Database, ModelDirectory, OwnKeyDirectory, TemplateDirectory, WordRules } from '@sluice/core';
import type { ContentStore } from '@sluice/content';
import type { Bell } from '@sluice/events';
import type { Clock, Logger, Settings } from '@sluice/platform';
import type { Producer } from '@sluice/queue';
import type { Counter, Registry } from 'prom-client';

/** What a worker needs to run batches. */
export interface BatchParts {
  settings: Settings;
  log: Logger;
  clock: Clock;
  db: Database;
  bell: Bell;
  producer: Producer;
  content: ContentStore;
  registry: Registry;
  wordRules: WordRules;
}

/** Besides its parts: what rows are planned with, kept as long as the process. */
export interface BatchState extends BatchParts {
  models: ModelDirectory;
  templates: TemplateDirectory;
  ownKeys: OwnKeyDirectory;
  cacheLookups: Counter<'result'>;
}
