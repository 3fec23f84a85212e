import type { KeyChoice } from '@sluice/contract';
import { AppError } from '@sluice/platform';
import type { ModelForSubmit, UsableRoute } from '../providers/index.ts';
import type { KnownOwnKey } from './own-key-directory.ts';

/** Whose keys a job is called with, and along which routes. */
export interface ChosenKey {
  usesOwnKey: boolean;
  /** At least one. */
  routes: UsableRoute[];
}

/**
 * Decides whose keys a job uses: with `own` the user's, on those routes they have a key in use for; with `auto` the same where
 * there is such a route; else this service's. Pure. Nothing is decided again later: a job that begins with the user's keys ends
 * with them.
 * @throws AppError `invalid_request` or `conflict` when `own` was asked for and there is none, `unavailable` when no provider of
 * the model has a usable key of this service's
 */
export function chooseKey(model: ModelForSubmit, choice: KeyChoice, ownKeys: readonly KnownOwnKey[]): ChosenKey {
  const own = routesWith(
    model,
    ownKeys.filter(({ enabled }) => enabled),
  );
  if (choice !== 'platform' && own.length > 0) return { usesOwnKey: true, routes: own };
  if (choice === 'own') throw noOwnKey(model, ownKeys);
  if (model.routes.length > 0) return { usesOwnKey: false, routes: model.routes };
  const message = `No provider of the model ${model.alias} has a usable key now; an administrator must add one.`;
  throw new AppError('unavailable', message, { param: 'model' });
}

function routesWith({ enabledRoutes }: ModelForSubmit, keys: readonly KnownOwnKey[]): UsableRoute[] {
  return enabledRoutes.filter((route) => keys.some(({ providerId }) => providerId === route.providerId));
}

function noOwnKey(model: ModelForSubmit, ownKeys: readonly KnownOwnKey[]): AppError {
  const [refused] = routesWith(model, ownKeys);
  if (!refused) {
    const names = [...new Set(model.enabledRoutes.map(({ provider }) => provider))].join(', ');
    const message = `You have no key of your own for a provider of the model ${model.alias} (${names}); store one with POST /v1/provider-keys.`;
    return new AppError('invalid_request', message, { param: 'key', faults: [{ path: 'key', message }] });
  }
  const reason = ownKeys.find(({ providerId }) => providerId === refused.providerId)?.disabledReason ?? 'it is disabled';
  const message = `Your own key for ${refused.provider} is out of use: ${reason} Replace it with POST /v1/provider-keys/{id}/rotate.`;
  return new AppError('conflict', message, { param: 'key' });
}
