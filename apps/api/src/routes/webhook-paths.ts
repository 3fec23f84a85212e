import {
  CreateWebhookEndpointRequest,
  DeletedWebhookEndpointObject,
  listOf,
  ListQuery,
  RotateWebhookSecretRequest,
  TestWebhookEndpointRequest,
  UpdateWebhookEndpointRequest,
  WebhookDeliveryObject,
  WebhookEndpointObject,
  WebhookEndpointWithSecretObject,
  WebhookEventTypeList,
  WebhookTestResultObject,
} from '@sluice/contract';
import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { answers, body, idempotencyHeader, inPath, openAiOperation } from '../http/describe-route.ts';

const tags = ['Webhooks'];
const path = z.object({
  id: z.string().meta({ description: 'As `whe_...`; or `default`, which signs for the `webhook_url` of single jobs' }),
});

/** Webhook endpoints, their secrets, and what was sent to them. */
export const webhookEndpointPaths: ZodOpenApiPathsObject = {
  '/v1/webhook_endpoints': {
    get: openAiOperation({
      tags,
      summary: 'Your webhook endpoints, newest first',
      requestParams: { query: ListQuery },
      responses: answers({ 200: listOf(WebhookEndpointObject) }),
    }),
    post: openAiOperation({
      tags,
      summary: 'Make a webhook endpoint',
      description: 'Its secret is in `signing_secret`, this once.',
      requestParams: idempotencyHeader,
      requestBody: body(CreateWebhookEndpointRequest),
      responses: answers({ 200: WebhookEndpointWithSecretObject }),
    }),
  },
  '/v1/webhook_endpoints/{id}': {
    get: openAiOperation({
      tags,
      summary: 'One webhook endpoint',
      requestParams: { path },
      responses: answers({ 200: WebhookEndpointObject }),
    }),
    post: openAiOperation({
      tags,
      summary: 'Change a webhook endpoint; one that was disabled is enabled',
      requestParams: { path },
      requestBody: body(UpdateWebhookEndpointRequest),
      responses: answers({ 200: WebhookEndpointObject }),
    }),
    delete: openAiOperation({
      tags,
      summary: 'Delete a webhook endpoint and what is due there',
      requestParams: { path },
      responses: answers({ 200: DeletedWebhookEndpointObject }),
    }),
  },
  '/v1/webhook_endpoints/{id}/rotate_secret': {
    post: openAiOperation({
      tags,
      summary: 'Make a new signing secret; the old one may sign beside it for 24 hours',
      requestParams: { path, ...idempotencyHeader },
      requestBody: body(RotateWebhookSecretRequest),
      responses: answers({ 200: WebhookEndpointWithSecretObject }),
    }),
  },
  '/v1/webhook_endpoints/{id}/test': {
    post: openAiOperation({
      tags,
      summary: 'Send a sample event now; anything but 2xx is an error that says what came',
      requestParams: { path },
      requestBody: body(TestWebhookEndpointRequest),
      responses: answers({ 200: WebhookTestResultObject }),
    }),
  },
  '/v1/webhook_endpoints/{id}/deliveries': {
    get: openAiOperation({
      tags,
      summary: 'What was sent to an endpoint, with every try and its answer, newest first',
      requestParams: { path, query: ListQuery },
      responses: answers({ 200: listOf(WebhookDeliveryObject) }),
    }),
  },
  '/v1/webhook_endpoints/{id}/deliveries/{delivery_id}/replay': {
    post: openAiOperation({
      tags,
      summary: 'Send a delivery again, under the same id',
      requestParams: inPath('id', 'delivery_id'),
      responses: answers({ 202: WebhookDeliveryObject }),
    }),
  },
};

export const webhookEventTypePaths: ZodOpenApiPathsObject = {
  '/v1/webhook_event_types': {
    get: openAiOperation({ tags, summary: 'What an endpoint can hear of', responses: answers({ 200: WebhookEventTypeList }) }),
  },
};
