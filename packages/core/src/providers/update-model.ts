import type { UpdateModelRequest } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { recordAction } from '../audit-log/index.ts';
import { execute, inTransaction, sql } from '../database/index.ts';
import { getModelById, lockModel } from './list-models.ts';
import { refuseWrongSizes } from './model-faults.ts';
import type { ModelRow } from './model-row.ts';
import { replaceRoutes } from './replace-routes.ts';

export interface UpdateModel {
  actorId: string;
  alias: string;
  changes: UpdateModelRequest;
}

/**
 * Changes what is given and leaves the rest. Jobs that were submitted keep the routes they have.
 * @throws AppError `not_found`, or `invalid_request` for an unknown provider or sizes that contradict each other
 */
export function updateModel(em: EntityManager, { actorId, alias, changes }: UpdateModel): Promise<ModelRow> {
  return inTransaction(em, async (tx) => {
    const model = await lockModel(tx, alias);
    const { capabilities = model.capabilities, enabled = model.enabled, cache_scope: cacheScope = model.cacheScope } = changes;
    const cacheTtlS = changes.cache_ttl_s === undefined ? model.cacheTtlS : changes.cache_ttl_s;
    const sizes = {
      contextWindow: changes.context_window === undefined ? model.contextWindow : changes.context_window,
      maxOutputTokens: changes.max_output_tokens === undefined ? model.maxOutputTokens : changes.max_output_tokens,
      defaultMaxTokens: changes.default_max_tokens ?? model.defaultMaxTokens,
    };
    refuseWrongSizes(sizes);
    await execute(
      tx,
      sql`update models set capabilities = ${capabilities}, enabled = ${enabled}, context_window = ${sizes.contextWindow},
            max_output_tokens = ${sizes.maxOutputTokens}, default_max_tokens = ${sizes.defaultMaxTokens},
            cache_ttl_s = ${cacheTtlS}, cache_scope = ${cacheScope}
          where id = ${model.id}`,
    );
    if (changes.routes) await replaceRoutes(tx, model.id, changes.routes);
    await recordAction(tx, { actorId, action: 'model.update', objectId: model.id, details: { alias, changes } });
    return getModelById(tx, model.id);
  });
}
