import type { Database, Vault } from '@sluice/core';
import type { Egress } from '@sluice/egress';
import type { Bell } from '@sluice/events';
import type { Clock, Logger } from '@sluice/platform';
import type { Registry } from 'prom-client';

export interface DeliveryParts {
  db: Database;
  vault: Vault;
  bell: Bell;
  egress: Egress;
  clock: Clock;
  log: Logger;
  registry: Registry;
}
