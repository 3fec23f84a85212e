import type { ModelCapability } from '@sluice/contract';
import { AppError } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { recordAction } from '../audit-log/index.ts';
import { execute, inTransaction, sql } from '../database/index.ts';
import { lockModel } from './list-models.ts';

export interface DefaultModel {
  capability: ModelCapability;
  alias: string;
}

/** The model that stands for each capability that has one, ordered by capability. */
export function listDefaultModels(em: EntityManager): Promise<DefaultModel[]> {
  return execute<DefaultModel>(
    em,
    sql`select capability, alias from default_models join models on models.id = model_id order by capability`,
  );
}

interface SetDefaultModel {
  actorId: string;
  capability: ModelCapability;
  /** Null leaves the capability without one. */
  alias: string | null;
}

/**
 * Says which model a call gets that names only a capability. Jobs that were submitted keep the model they have.
 * @throws AppError `not_found`, or `invalid_request` for a model without the capability
 */
export function setDefaultModel(em: EntityManager, { actorId, capability, alias }: SetDefaultModel): Promise<void> {
  return inTransaction(em, async (tx) => {
    if (alias === null) await execute(tx, sql`delete from default_models where capability = ${capability}`);
    else await replaceDefault(tx, { capability, alias });
    await recordAction(tx, { actorId, action: 'default_model.set', objectId: capability, details: { alias } });
  });
}

async function replaceDefault(tx: EntityManager, { capability, alias }: DefaultModel): Promise<void> {
  const model = await lockModel(tx, alias);
  if (!model.capabilities.includes(capability))
    throw new AppError('invalid_request', `The model ${alias} is not said to be capable of ${capability}.`, { param: 'model' });
  await execute(
    tx,
    sql`insert into default_models (capability, model_id) values (${capability}, ${model.id})
        on conflict (capability) do update set model_id = excluded.model_id`,
  );
}
