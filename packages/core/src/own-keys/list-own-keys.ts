import type { ListQuery } from '@sluice/contract';
import { AppError, notFound } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import { selectOwnKeys, type OwnKeyRow } from './own-key-row.ts';

export interface OwnKeyRef {
  userId: string;
  keyId: string;
}

/**
 * One page of a user's keys and one more, if there is one.
 * @throws AppError `invalid_request` for a cursor that is not one of the user's keys
 */
export async function listOwnKeys(em: EntityManager, userId: string, { limit, after, order }: ListQuery): Promise<OwnKeyRow[]> {
  if (after !== undefined && !(await findOwnKey(em, { userId, keyId: after }))) {
    const message = '`after` is not the id of an item of this list.';
    throw new AppError('invalid_request', message, { param: 'after', faults: [{ path: 'after', message: 'unknown cursor' }] });
  }
  const beyond = order === 'asc' ? sql`>` : sql`<`;
  const direction = order === 'asc' ? sql`asc` : sql`desc`;
  return selectOwnKeys(
    em,
    sql`where k.user_id = ${userId} ${after === undefined ? sql`` : sql`and k.id ${beyond} ${after}`} order by k.id ${direction} limit ${limit + 1}`,
  );
}

/** @throws AppError `not_found`, the same for what is missing and what is somebody else's */
export async function getOwnKey(em: EntityManager, ref: OwnKeyRef): Promise<OwnKeyRow> {
  const key = await findOwnKey(em, ref);
  if (!key) throw notFound('key of yours');
  return key;
}

async function findOwnKey(em: EntityManager, { userId, keyId }: OwnKeyRef): Promise<OwnKeyRow | null> {
  const [key] = await selectOwnKeys(em, sql`where k.id = ${keyId} and k.user_id = ${userId}`);
  return key ?? null;
}

/** A provider that users may bring a key for, and the models that are asked of it. */
export interface KeyableProvider {
  name: string;
  models: string[];
}

/** Every enabled provider that a model is asked of, ordered by name. */
export function listKeyableProviders(em: EntityManager): Promise<KeyableProvider[]> {
  return execute<KeyableProvider>(
    em,
    sql`select p.name, json_agg(distinct m.alias order by m.alias) as models
        from providers p join model_routes r on r.provider_id = p.id join models m on m.id = r.model_id
        where p.enabled and m.enabled and m.price_id is not null
        group by p.name order by p.name`,
  );
}
