import type { Database } from '@sluice/core';
import type { Bell } from '@sluice/events';
import type { Logger } from '@sluice/platform';
import type { Registry } from 'prom-client';

/** What the billing worker is given. */
export interface BillingParts {
  db: Database;
  bell: Bell;
  log: Logger;
  registry: Registry;
}
