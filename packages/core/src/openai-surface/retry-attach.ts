import { createHash } from 'node:crypto';
import { newId } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';

/** One try of a create by a client that counts its tries and sends no idempotency key. */
export interface ClientTry {
  userId: string;
  apiKeyId: string | null;
  route: string;
  body: unknown;
  /** 0 for the first. */
  retry: number;
}

/**
 * An idempotency key for a try: that of the try before it, if the same body came from the same caller with a count one lower in
 * the last ten minutes and its answer is not known to have arrived; else a new one. Written before the create, so that a try that
 * comes while the first is still under way finds its key, and the two meet as callers with one key do.
 */
export async function keyOfTry(em: EntityManager, { userId, apiKeyId, route, body, retry }: ClientTry): Promise<string> {
  const hash = createHash('sha256')
    .update(JSON.stringify([userId, apiKeyId, route, body]))
    .digest();
  const [earlier] = await execute<{ key: string }>(
    em,
    sql`update undelivered_creates set retry = ${retry} where key = (
          select key from undelivered_creates where request_hash = ${hash} and retry = ${retry - 1} and created_at > now() - interval '10 minutes'
          order by created_at desc limit 1 for update skip locked
        ) returning key`,
  );
  if (earlier) return earlier.key;
  const key = newId('request').replace(/^req_/, 'retry_');
  await execute(
    em,
    sql`with old as (delete from undelivered_creates where created_at < now() - interval '10 minutes')
        insert into undelivered_creates (key, request_hash, retry) values (${key}, ${hash}, ${retry})`,
  );
  return key;
}

/** The answer has arrived: a later create with the same body is another one. */
export async function forgetTry(em: EntityManager, key: string): Promise<void> {
  await execute(em, sql`delete from undelivered_creates where key = ${key}`);
}
