import type { Submission, Database, ModelDirectory, OwnKeyDirectory, SubmitResult, TemplateDirectory, WordRules } from '@sluice/core';
import type { Egress } from '@sluice/egress';
import type { Bell, EventLog } from '@sluice/events';
import type { Batcher, Clock, Logger, Settings } from '@sluice/platform';
import type { Producer } from '@sluice/queue';
import type { CacheLookups } from './cache-lookups.ts';

/** What the job routes need. */
export interface JobParts {
  db: Database;
  models: ModelDirectory;
  templates: TemplateDirectory;
  ownKeys: OwnKeyDirectory;
  cacheLookups: CacheLookups;
  wordRules: WordRules;
  submit: Batcher<Submission, SubmitResult>;
  producer: Pick<Producer, 'send'>;
  egress: Egress;
  eventLog: EventLog;
  bell: Bell;
  settings: Settings;
  clock: Clock;
  log: Logger;
}
