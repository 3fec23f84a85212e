import { AppError } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, one, sql } from '../database/index.ts';
import { requestHash } from './request-hash.ts';

export interface CreateKey {
  userId: string;
  /** Which create this is, such as `orders`: a key means nothing on another route. */
  route: string;
  /** The caller's Idempotency-Key; null creates every time. */
  key: string | null;
  /** The parsed body: the same key with another body is refused. */
  body: unknown;
}

export interface Created {
  objectId: string;
  /** False when an earlier call with this key made the object. */
  isNew: boolean;
}

/**
 * Runs `create`, which answers the id of what it made, once per user, route and key. The row of the key is inserted first, so
 * racing callers wait for the first one's commit and then get its object; when `create` throws, nothing is left and the key is
 * unused. Must run inside the transaction of `create`.
 * @throws AppError `idempotency_mismatch` when the key came with another body
 */
export async function onceByKey(
  tx: EntityManager,
  { userId, route, key, body }: CreateKey,
  create: () => Promise<string>,
): Promise<Created> {
  if (key === null) return { objectId: await create(), isNew: true };
  const hash = requestHash(body);
  const claimed = await execute(
    tx,
    sql`insert into idempotency_keys (user_id, route, key, request_hash, object_id) values (${userId}, ${route}, ${key}, ${hash}, '')
        on conflict do nothing returning key`,
  );
  if (claimed.length === 0) return { objectId: await findEarlier(tx, { userId, route, key }, hash), isNew: false };
  const objectId = await create();
  await execute(
    tx,
    sql`update idempotency_keys set object_id = ${objectId} where user_id = ${userId} and route = ${route} and key = ${key}`,
  );
  return { objectId, isNew: true };
}

async function findEarlier(tx: EntityManager, { userId, route, key }: Omit<CreateKey, 'body'>, hash: Buffer): Promise<string> {
  const earlier = await one<{ request_hash: Buffer; object_id: string }>(
    tx,
    sql`select request_hash, object_id from idempotency_keys where user_id = ${userId} and route = ${route} and key = ${key}`,
  );
  if (!hash.equals(earlier.request_hash)) throw new AppError('idempotency_mismatch', 'This Idempotency-Key was used with another body.');
  return earlier.object_id;
}
