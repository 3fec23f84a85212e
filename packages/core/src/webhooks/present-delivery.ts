import type { WebhookDeliveryObject } from '@sluice/contract';
import type { DeliveryRow } from './delivery-row.ts';
import { presentEvent } from './present-event.ts';

const time = (ms: number): string => new Date(ms).toISOString();

/** A delivery as its owner sees it, with every try. */
export function presentDelivery(delivery: DeliveryRow): WebhookDeliveryObject {
  return {
    id: delivery.id,
    object: 'webhook_delivery',
    webhook_endpoint_id: delivery.endpointId,
    url: delivery.url,
    status: delivery.status,
    event: presentEvent(delivery),
    tries: delivery.tries,
    next_try_at: delivery.dueAt === null ? null : time(delivery.dueAt),
    created_at: time(delivery.createdAt),
    finished_at: delivery.finishedAt === null ? null : time(delivery.finishedAt),
  };
}
