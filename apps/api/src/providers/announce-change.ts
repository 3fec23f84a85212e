import type { ModelDirectory } from '@sluice/core';
import type { Bell } from '@sluice/events';

export interface ChangeParts {
  models: ModelDirectory;
  bell: Bell;
}

/** Providers, keys, models or prices have changed: this process forgets what it knew, workers and other servers look again. */
export function announceChange({ models, bell }: ChangeParts): void {
  models.forget();
  bell.ring('providers');
}
