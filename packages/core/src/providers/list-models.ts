import type { ListQuery } from '@sluice/contract';
import { AppError } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import { isNamed } from './named-model.ts';
import { selectModels, type ModelRow } from './model-row.ts';
import { pageAfter } from './page-after.ts';

/**
 * One page of all models and one row more, if there is one.
 * @throws AppError `invalid_request` for an unknown cursor
 */
export async function listModels(em: EntityManager, query: ListQuery): Promise<ModelRow[]> {
  return selectModels(em, sql`where true ${await pageAfter(em, sql`from models where true`, query)}`);
}

const isOffered = sql`m.enabled and m.price_id is not null
  and exists (select from model_routes r join providers p on p.id = r.provider_id where r.model_id = m.id and p.enabled)`;

/** All models that callers may name, ordered by alias. */
export function listOfferedModels(em: EntityManager): Promise<ModelRow[]> {
  return selectModels(em, sql`where ${isOffered} order by m.alias`);
}

/** One that callers may name, by alias or by `default:` and a capability. @throws AppError `not_found` */
export async function getOfferedModel(em: EntityManager, alias: string): Promise<ModelRow> {
  return present(await selectModels(em, sql`where ${isNamed(alias)} and ${isOffered}`));
}

/** @throws AppError `not_found` */
export async function getModel(em: EntityManager, alias: string): Promise<ModelRow> {
  return present(await selectModels(em, sql`where m.alias = ${alias}`));
}

/** @throws AppError `not_found` */
export async function getModelById(em: EntityManager, id: string): Promise<ModelRow> {
  return present(await selectModels(em, sql`where m.id = ${id}`));
}

/** Makes others that change this model wait, and answers it. @throws AppError `not_found` */
export async function lockModel(tx: EntityManager, alias: string): Promise<ModelRow> {
  await execute(tx, sql`select id from models where alias = ${alias} for update`);
  return getModel(tx, alias);
}

function present([model]: ModelRow[]): ModelRow {
  if (!model) throw new AppError('not_found', 'No such model.', { param: 'model' });
  return model;
}
