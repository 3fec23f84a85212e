import type { ModelRoute } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import { refuse } from './model-faults.ts';

/** Makes these the routes of a model, in this order. @throws AppError `invalid_request` that names each unknown provider */
export async function replaceRoutes(tx: EntityManager, modelId: string, routes: ModelRoute[]): Promise<void> {
  const names = routes.map(({ provider }) => provider);
  const known = await execute<{ name: string }>(tx, sql`select name from providers where name = any(${names})`);
  const knownNames = new Set(known.map(({ name }) => name));
  refuse(
    names.flatMap((name, i) =>
      knownNames.has(name) ? [] : [{ path: `routes.${i}.provider`, message: `there is no provider called ${name}` }],
    ),
  );

  await execute(tx, sql`delete from model_routes where model_id = ${modelId}`);
  await execute(
    tx,
    sql`insert into model_routes (model_id, position, provider_id, model)
        select ${modelId}, r.ordinality - 1, p.id, r.model
        from unnest(${names}::text[], ${routes.map(({ model }) => model)}::text[]) with ordinality as r (provider, model, ordinality)
        join providers p on p.name = r.provider`,
  );
}
