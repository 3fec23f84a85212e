import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import type { DefaultModel } from './default-models.ts';

/** Lets a model stand for a capability until an administrator says anything about it, be it that none should. */
export async function ensureDefaultModel(em: EntityManager, { capability, alias }: DefaultModel): Promise<void> {
  await execute(
    em,
    sql`insert into default_models (capability, model_id)
        select ${capability}, id from models where alias = ${alias}
          and not exists (select from audit_log where action = 'default_model.set' and object_id = ${capability})
        on conflict (capability) do nothing`,
  );
}
