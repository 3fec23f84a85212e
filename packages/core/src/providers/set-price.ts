import type { ListQuery, Price, PriceVersionObject } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { recordAction } from '../audit-log/index.ts';
import { createPrice } from '../billing/index.ts';
import { execute, inTransaction, sql } from '../database/index.ts';
import { getModel, getModelById, lockModel } from './list-models.ts';
import type { ModelRow } from './model-row.ts';
import { pageAfter } from './page-after.ts';

export interface SetPrice {
  actorId: string;
  alias: string;
  price: Price;
  now: Date;
}

/** Gives a model a new price version. Jobs that were submitted keep theirs. @throws AppError `not_found` */
export function setPrice(em: EntityManager, { actorId, alias, price, now }: SetPrice): Promise<ModelRow> {
  return inTransaction(em, async (tx) => {
    const { id, priceId: earlierId } = await lockModel(tx, alias);
    const priceId = await createPrice(tx, id, price, now);
    await execute(tx, sql`update models set price_id = ${priceId} where id = ${id}`);
    await recordAction(tx, {
      actorId,
      action: 'model.set_price',
      objectId: id,
      details: { alias, price_id: priceId, earlier_price_id: earlierId, price },
    });
    return getModelById(tx, id);
  });
}

/**
 * One page of a model's price versions and one row more, if there is one.
 * @throws AppError `not_found`, or `invalid_request` for an unknown cursor
 */
export async function listPrices(em: EntityManager, alias: string, query: ListQuery): Promise<PriceVersionObject[]> {
  const { id: modelId } = await getModel(em, alias);
  const rows = sql`from prices where model_id = ${modelId}`;
  return execute<PriceVersionObject>(
    em,
    sql`select id, 'price' as object, price, to_char(created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as created_at
        ${rows} ${await pageAfter(em, rows, query)}`,
  );
}
