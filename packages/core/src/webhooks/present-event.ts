import type { WebhookEvent } from '@sluice/contract';

/** What happened, to which object, and when in milliseconds. */
export interface HappenedEvent {
  eventId: string;
  eventType: WebhookEvent['type'];
  objectId: string;
  occurredAt: number;
}

/** The event as it is sent: thin, so that nothing secret travels and whoever receives it reads the object's present state. */
export function presentEvent({ eventId, eventType, objectId, occurredAt }: HappenedEvent): WebhookEvent {
  return { object: 'event', id: eventId, type: eventType, created_at: Math.floor(occurredAt / 1000), data: { id: objectId } };
}
