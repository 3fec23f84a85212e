import { newId, type CreateModelRequest } from '@sluice/contract';
import { AppError } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { recordAction } from '../audit-log/index.ts';
import { createPrice } from '../billing/index.ts';
import { execute, inTransaction, sql } from '../database/index.ts';
import { onceByKey } from '../idempotency/index.ts';
import { getModelById } from './list-models.ts';
import { refuseWrongSizes } from './model-faults.ts';
import type { ModelRow } from './model-row.ts';
import { replaceRoutes } from './replace-routes.ts';

/** `default_max_tokens` of a model that does not say. */
const usualMaxTokens = 2048;

export interface CreateModel {
  actorId: string;
  idempotencyKey: string | null;
  request: CreateModelRequest;
  now: Date;
}

/**
 * Adds a model: an alias, where it is asked, and what it costs. It may be used as soon as this is committed.
 * @throws AppError `conflict` when the alias is taken, `invalid_request` for an unknown provider or sizes that contradict each other
 */
export function createModel(em: EntityManager, { actorId, idempotencyKey, request, now }: CreateModel): Promise<ModelRow> {
  return inTransaction(em, async (tx) => {
    const { objectId } = await onceByKey(tx, { userId: actorId, route: 'models', key: idempotencyKey, body: request }, async () => {
      const modelId = await insertModel(tx, request, now);
      if (modelId === null) throw new AppError('conflict', `There is a model called ${request.alias} already.`, { param: 'alias' });
      await recordAction(tx, { actorId, action: 'model.create', objectId: modelId, details: request });
      return modelId;
    });
    return getModelById(tx, objectId);
  });
}

/** Writes a model with its routes and its first price, and answers its id; null when the alias is taken. */
export async function insertModel(tx: EntityManager, request: CreateModelRequest, now: Date): Promise<string | null> {
  const { alias, capabilities, routes, context_window: contextWindow, max_output_tokens: maxOutputTokens } = request;
  const defaultMaxTokens = request.default_max_tokens ?? Math.min(usualMaxTokens, maxOutputTokens ?? contextWindow ?? usualMaxTokens);
  refuseWrongSizes({ contextWindow, maxOutputTokens, defaultMaxTokens });
  const id = newId('model', now.getTime());
  const inserted = await execute(
    tx,
    sql`insert into models (id, alias, capabilities, context_window, max_output_tokens, default_max_tokens, cache_ttl_s, cache_scope, created_at)
        values (${id}, ${alias}, ${capabilities}, ${contextWindow}, ${maxOutputTokens}, ${defaultMaxTokens},
          ${request.cache_ttl_s ?? null}, ${request.cache_scope ?? 'user'}, ${now})
        on conflict (alias) do nothing returning id`,
  );
  if (inserted.length === 0) return null;
  await replaceRoutes(tx, id, routes);
  await execute(tx, sql`update models set price_id = ${await createPrice(tx, id, request.price, now)} where id = ${id}`);
  return id;
}
