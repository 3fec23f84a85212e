import { z } from 'zod';
import { text } from './text.ts';

/** What an endpoint can hear of: the ends of jobs, of background responses, and of batches. */
export const webhookEventTypes = [
  'job.completed',
  'job.failed',
  'job.cancelled',
  'job.incomplete',
  'response.completed',
  'response.failed',
  'response.cancelled',
  'response.incomplete',
  'batch.completed',
  'batch.failed',
  'batch.expired',
  'batch.cancelled',
] as const;

export const WebhookEventType = z.enum(webhookEventTypes);
export type WebhookEventType = z.infer<typeof WebhookEventType>;

/** Where events are sent. What a host resolves to is checked each time it is dialled. */
export const WebhookUrl = text(2048).refine((url) => /^https?:\/\//i.test(url) && URL.canParse(url), {
  error: 'must be a URL that begins with https:// or http://',
});

const EventTypes = z.array(WebhookEventType).min(1).max(100);
const name = text(200).min(1);

// These routes are OpenAI's: unknown names are ignored.
export const CreateWebhookEndpointRequest = z
  .object({ name, url: WebhookUrl, event_types: EventTypes })
  .meta({ id: 'CreateWebhookEndpoint' });
export type CreateWebhookEndpointRequest = z.infer<typeof CreateWebhookEndpointRequest>;

export const UpdateWebhookEndpointRequest = z
  .object({ name: name.optional(), url: WebhookUrl.optional(), event_types: EventTypes.optional() })
  .meta({ id: 'UpdateWebhookEndpoint' });
export type UpdateWebhookEndpointRequest = z.infer<typeof UpdateWebhookEndpointRequest>;

export const RotateWebhookSecretRequest = z
  .object({ keep_old_secret_active_for_24_hours: z.boolean().default(false) })
  .meta({ id: 'RotateWebhookSecret' });
export type RotateWebhookSecretRequest = z.infer<typeof RotateWebhookSecretRequest>;

export const TestWebhookEndpointRequest = z.object({ event_type: WebhookEventType }).meta({ id: 'TestWebhookEndpoint' });

const unixTime = z.int().meta({ description: 'Unix time in seconds' });

export const WebhookEndpointObject = z
  .object({
    id: z.string(),
    object: z.literal('webhook_endpoint'),
    created_at: unixTime,
    updated_at: unixTime,
    name: z.string(),
    url: z.string().nullable().meta({ description: 'Null for `default`, which signs what goes to the `webhook_url` of single jobs' }),
    event_types: z.array(WebhookEventType),
    signing_secret_hint: z.string().nullable(),
    disabled_at: unixTime.nullable().meta({ description: 'Set when the endpoint answered 410; an update enables it again' }),
  })
  .meta({ id: 'WebhookEndpoint' });
export type WebhookEndpointObject = z.infer<typeof WebhookEndpointObject>;

export const WebhookEndpointWithSecretObject = WebhookEndpointObject.extend({
  signing_secret: z.string().meta({ description: 'Shown when it is made, and not again', examples: ['whsec_...'] }),
}).meta({ id: 'WebhookEndpointWithSecret' });

export const DeletedWebhookEndpointObject = z
  .object({ id: z.string(), object: z.literal('webhook_endpoint.deleted'), deleted: z.literal(true) })
  .meta({ id: 'DeletedWebhookEndpoint' });

export const WebhookTestResultObject = z
  .object({
    object: z.literal('webhook_endpoint.test'),
    event_type: WebhookEventType,
    status_code: z.int(),
    success: z.literal(true),
    webhook_endpoint_id: z.string(),
  })
  .meta({ id: 'WebhookTestResult' });

export const WebhookEventTypeList = z
  .object({ object: z.literal('list'), data: z.array(WebhookEventType) })
  .meta({ id: 'WebhookEventTypeList' });

/** The body of every delivery. It is thin: whoever receives it reads the object itself. */
export const WebhookEvent = z
  .object({ object: z.literal('event'), id: z.string(), type: WebhookEventType, created_at: unixTime, data: z.object({ id: z.string() }) })
  .meta({ id: 'WebhookEvent' });
export type WebhookEvent = z.infer<typeof WebhookEvent>;

export const WebhookDeliveryStatus = z.enum(['pending', 'delivered', 'failed']);
export type WebhookDeliveryStatus = z.infer<typeof WebhookDeliveryStatus>;

export const WebhookTry = z.object({
  try: z.int(),
  started_at: z.iso.datetime(),
  duration_ms: z.int(),
  status_code: z.int().nullable().meta({ description: 'Null when there was no answer' }),
  error: z.string().nullable().meta({ description: 'Why there was none' }),
  answer: z.string().nullable().meta({ description: 'The first 2 KB of the answer' }),
});
export type WebhookTry = z.infer<typeof WebhookTry>;

export const WebhookDeliveryObject = z
  .object({
    id: z.string().meta({ description: 'Sent as `webhook-id` with every try' }),
    object: z.literal('webhook_delivery'),
    webhook_endpoint_id: z.string(),
    url: z.string(),
    status: WebhookDeliveryStatus,
    event: WebhookEvent,
    tries: z.array(WebhookTry),
    next_try_at: z.iso.datetime().nullable(),
    created_at: z.iso.datetime(),
    finished_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'WebhookDelivery' });
export type WebhookDeliveryObject = z.infer<typeof WebhookDeliveryObject>;
