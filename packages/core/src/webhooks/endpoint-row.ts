import type { WebhookEventType } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { RawBuilder } from 'kysely';
import { execute, sql } from '../database/index.ts';

/** An endpoint as it is stored, its secrets sealed. Times are milliseconds. */
export interface EndpointRow {
  id: string;
  userId: string;
  name: string;
  /** Null for a user's default row. */
  url: string | null;
  eventTypes: WebhookEventType[];
  ciphertext: Buffer | null;
  secretHint: string | null;
  /** Only while it still signs. */
  oldCiphertext: Buffer | null;
  disabledAt: number | null;
  createdAt: number;
  updatedAt: number;
}

/** What stands for the id of a user's default row in a path. */
export const defaultEndpointName = 'default';

/** Reads endpoints; `which` is the end of the statement, from its `where`. */
export function selectEndpoints(em: EntityManager, which: RawBuilder<unknown>): Promise<EndpointRow[]> {
  return execute<EndpointRow>(
    em,
    sql`select id, user_id as "userId", name, url, event_types as "eventTypes", ciphertext, secret_hint as "secretHint",
          case when old_until > now() then old_ciphertext end as "oldCiphertext",
          extract(epoch from disabled_at)::float8 * 1000 as "disabledAt", extract(epoch from created_at)::float8 * 1000 as "createdAt",
          extract(epoch from updated_at)::float8 * 1000 as "updatedAt"
        from webhook_endpoints ${which}`,
  );
}

/** The condition that finds one endpoint of a user by its id, or by `default`. */
export function endpointOf({ userId, id }: EndpointOwner): RawBuilder<unknown> {
  return id === defaultEndpointName ? sql`user_id = ${userId} and url is null` : sql`user_id = ${userId} and id = ${id}`;
}

/** An endpoint as its owner names it. */
export interface EndpointOwner {
  userId: string;
  id: string;
}
