import type { CreateModelRequest } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import { insertModel } from './create-model.ts';

/** A model as its vendor knows it; it gets its alias here. */
export interface SeedModel extends Omit<CreateModelRequest, 'alias' | 'routes'> {
  /** What the vendor calls it. */
  model: string;
}

export interface SeedModels {
  vendor: string;
  /** The provider's name, which every route leads to. */
  provider: string;
  models: SeedModel[];
  now: Date;
}

/**
 * Adds those models that were never added before, and answers their aliases. What was seeded once is remembered, so a model that
 * an administrator changed or removed is left alone. The alias is the vendor's own name when that is free, else
 * `<vendor>/<name>`.
 */
export async function seedModels(tx: EntityManager, { vendor, provider, models, now }: SeedModels): Promise<string[]> {
  const fresh = await execute<{ model: string }>(
    tx,
    sql`insert into catalogue_seeds (vendor, model) select ${vendor}, model from unnest(${models.map(({ model }) => model)}::text[]) as m (model)
        on conflict do nothing returning model`,
  );
  const isFresh = new Set(fresh.map(({ model }) => model));
  const aliases: string[] = [];
  for (const { model, ...request } of models.filter(({ model }) => isFresh.has(model))) {
    const routes = [{ provider, model }];
    for (const alias of [model, `${vendor}/${model}`]) {
      if ((await insertModel(tx, { ...request, alias, routes }, now)) === null) continue;
      aliases.push(alias);
      break;
    }
  }
  return aliases;
}
