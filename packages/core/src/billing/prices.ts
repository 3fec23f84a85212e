import { newId, type Price } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import { completePrice } from './complete-price.ts';

/** Writes a new price version of a model, with all fields stated. Versions never change; jobs name the one they were submitted at. */
export async function createPrice(tx: EntityManager, modelId: string, price: Price, now: Date): Promise<string> {
  const id = newId('price', now.getTime());
  await execute(
    tx,
    sql`insert into prices (id, model_id, price, created_at)
        values (${id}, ${modelId}, ${JSON.stringify(completePrice(price))}::json, ${now})`,
  );
  return id;
}

/** The price versions with these ids; one that does not exist is not in the map. */
export async function getPrices(em: EntityManager, ids: string[]): Promise<Map<string, Price>> {
  const rows = await execute<{ id: string; price: Price }>(em, sql`select id, price from prices where id = any(${ids})`);
  return new Map(rows.map(({ id, price }) => [id, price]));
}
