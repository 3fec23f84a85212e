import type { WebhookEndpointObject } from '@sluice/contract';
import type { EndpointRow } from './endpoint-row.ts';

const seconds = (ms: number): number => Math.floor(ms / 1000);

/** An endpoint as its owner sees it, without its secrets. */
export function presentEndpoint(endpoint: EndpointRow): WebhookEndpointObject {
  return {
    id: endpoint.id,
    object: 'webhook_endpoint',
    created_at: seconds(endpoint.createdAt),
    updated_at: seconds(endpoint.updatedAt),
    name: endpoint.name,
    url: endpoint.url,
    event_types: endpoint.eventTypes,
    signing_secret_hint: endpoint.secretHint,
    disabled_at: endpoint.disabledAt === null ? null : seconds(endpoint.disabledAt),
  };
}
