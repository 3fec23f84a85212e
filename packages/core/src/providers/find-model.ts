import type { CacheScope, ModelCapability, Price } from '@sluice/contract';
import { AppError } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from '../database/index.ts';
import { isNamed } from './named-model.ts';
import { selectModels, type ModelRouteRow, type ModelRow } from './model-row.ts';

/** One entry of the ordered list that a job may be sent along. */
export interface UsableRoute {
  providerId: string;
  /** The provider's name, for readers. */
  provider: string;
  model: string;
}

/** Everything that a submit needs to know of a model, and freezes on the job. */
export interface ModelForSubmit {
  id: string;
  alias: string;
  capabilities: ModelCapability[];
  /** Those that this service has a usable key for, in the order they are tried. */
  routes: UsableRoute[];
  /** All of enabled providers, at least one: those that a caller may use a key of their own for. */
  enabledRoutes: UsableRoute[];
  contextWindow: number | null;
  maxOutputTokens: number | null;
  defaultMaxTokens: number;
  /** Null: only jobs that ask for the result cache use it. */
  cacheTtlS: number | null;
  cacheScope: CacheScope;
  priceId: string;
  /** In credits per 1,000 tokens. */
  price: Price;
}

/**
 * The model behind an alias, or behind `default:` and a capability; null when there is none, it is disabled, or all of its providers are.
 * @throws AppError `invalid_request` when it has no price (never free by accident)
 */
export async function findModel(em: EntityManager, alias: string): Promise<ModelForSubmit | null> {
  const [row] = await selectModels(em, sql`where ${isNamed(alias)}`);
  return row ? planModel(row) : null;
}

/** Decides what a submit may use of a model. */
export function planModel(row: ModelRow): ModelForSubmit | null {
  const { id, alias, capabilities, contextWindow, maxOutputTokens, defaultMaxTokens, cacheTtlS, cacheScope, priceId, price } = row;
  const enabled = row.routes.filter(({ isEnabled }) => isEnabled);
  if (!row.enabled || enabled.length === 0) return null;
  if (priceId === null || price === null) {
    throw new AppError('invalid_request', `The model ${alias} has no price yet; an administrator must set one.`, { param: 'model' });
  }
  const routes = enabled.filter(({ hasKey }) => hasKey).map(presentRoute);
  const enabledRoutes = enabled.map(presentRoute);
  return {
    id,
    alias,
    capabilities,
    routes,
    enabledRoutes,
    contextWindow,
    maxOutputTokens,
    defaultMaxTokens,
    cacheTtlS,
    cacheScope,
    priceId,
    price,
  };
}

function presentRoute({ providerId, provider, model }: ModelRouteRow): UsableRoute {
  return { providerId, provider, model };
}
