import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, inTransaction, sql } from '../database/index.ts';
import type { HappenedEvent } from './present-event.ts';

/** A delivery that is this worker's to try, until its lease is over. */
export interface ClaimedDelivery extends HappenedEvent {
  id: string;
  try: number;
  target: string;
  endpointId: string;
  url: string;
  failures: number;
  /** In milliseconds. */
  windowFrom: number;
  ciphertext: Buffer | null;
  oldCiphertext: Buffer | null;
}

export interface ClaimScope {
  /** Every target, or only those with a room of their own. */
  from: 'all' | 'listed';
  limit: number;
  /** How many a target may get. */
  roomEach: number;
  /** Targets that may get another number, such as 0. */
  rooms: { target: string; room: number }[];
}

/** Longer than a request may take: past it, whoever claimed the delivery is dead, and it is tried again under the same id. */
const leaseS = 30;

/**
 * Takes deliveries whose time has come, the longest due first and only so many of each target: one with a million of them due waits
 * behind itself alone. The distinct targets are found by hopping through the index, not by reading what is due.
 */
export function claimDeliveries(em: EntityManager, { from, limit, roomEach, rooms }: ClaimScope): Promise<ClaimedDelivery[]> {
  const targets = from === 'listed' ? sql`select target from listed` : sql`select target from hops where target is not null`;
  return inTransaction(em, (tx) =>
    execute<ClaimedDelivery>(
      tx,
      sql`with recursive listed as (
            select * from json_to_recordset(${JSON.stringify(rooms)}::json) as room (target text, room int)
          ), hops as (
            select min(target) as target from webhook_deliveries where status = 'pending'
            union all
            select (select min(target) from webhook_deliveries where status = 'pending' and target > hops.target) from hops where hops.target is not null
          ), due as (
            select due.id from (${targets}) targets left join listed using (target)
            cross join lateral (
              select id, due_at from webhook_deliveries where status = 'pending' and target = targets.target and due_at <= now()
              order by due_at limit coalesce(listed.room, ${roomEach})
            ) due
            order by due.due_at limit ${limit}
          ), held as (
            select id from webhook_deliveries where id in (select id from due) and status = 'pending' and due_at <= now()
            order by id for update skip locked
          ), claimed as (
            update webhook_deliveries d set tries = tries + 1, due_at = now() + make_interval(secs => ${leaseS}) from held where d.id = held.id
            returning d.*
          )
          select claimed.id, claimed.tries as "try", claimed.target, claimed.endpoint_id as "endpointId", coalesce(claimed.url, endpoint.url) as url,
            claimed.failures, extract(epoch from claimed.window_from)::float8 * 1000 as "windowFrom", claimed.event_id as "eventId",
            claimed.event_type as "eventType", claimed.object_id as "objectId", extract(epoch from claimed.occurred_at)::float8 * 1000 as "occurredAt",
            endpoint.ciphertext, case when endpoint.old_until > now() then endpoint.old_ciphertext end as "oldCiphertext"
          from claimed join webhook_endpoints endpoint on endpoint.id = claimed.endpoint_id`,
    ),
  );
}
