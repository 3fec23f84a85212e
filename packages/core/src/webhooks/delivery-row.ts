import type { WebhookDeliveryStatus, WebhookTry } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { RawBuilder } from 'kysely';
import { execute, sql } from '../database/index.ts';
import type { HappenedEvent } from './present-event.ts';

/** A delivery as its owner may see it. Times are milliseconds. */
export interface DeliveryRow extends HappenedEvent {
  id: string;
  endpointId: string;
  url: string;
  status: WebhookDeliveryStatus;
  tries: WebhookTry[];
  dueAt: number | null;
  createdAt: number;
  finishedAt: number | null;
}

/** Reads deliveries of one endpoint with their tries; `which` goes on after its condition. */
export function selectDeliveries(em: EntityManager, endpointId: string, which: RawBuilder<unknown>): Promise<DeliveryRow[]> {
  return execute<DeliveryRow>(
    em,
    sql`select d.id, d.endpoint_id as "endpointId", coalesce(d.url, endpoint.url) as url, d.status, d.event_id as "eventId", d.event_type as "eventType",
          d.object_id as "objectId", extract(epoch from d.occurred_at)::float8 * 1000 as "occurredAt",
          extract(epoch from d.due_at)::float8 * 1000 as "dueAt", extract(epoch from d.created_at)::float8 * 1000 as "createdAt",
          extract(epoch from d.finished_at)::float8 * 1000 as "finishedAt",
          (select coalesce(json_agg(json_build_object('try', t.try, 'started_at', to_char(t.started_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
             'duration_ms', duration_ms, 'status_code', status_code, 'error', error, 'answer', answer) order by t.try), '[]')
           from webhook_tries t where t.delivery_id = d.id) as tries
        from webhook_deliveries d join webhook_endpoints endpoint on endpoint.id = d.endpoint_id
        where d.endpoint_id = ${endpointId} ${which}`,
  );
}
