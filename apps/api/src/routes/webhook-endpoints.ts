import {
  CreateWebhookEndpointRequest,
  ListQuery,
  presentList,
  RotateWebhookSecretRequest,
  TestWebhookEndpointRequest,
  UpdateWebhookEndpointRequest,
  webhookEventTypes,
} from '@sluice/contract';
import {
  createEndpoint,
  deleteEndpoint,
  getEndpoint,
  listDeliveries,
  listEndpoints,
  presentDelivery,
  presentEndpoint,
  replayDelivery,
  rotateSecret,
  updateEndpoint,
  type EndpointOwner,
} from '@sluice/core';
import type { Bell } from '@sluice/events';
import type { RateLimiter } from '@sluice/limits';
import { Router, type Request } from 'express';
import { z } from 'zod';
import { idempotencyKeyOf } from '../http/idempotency-key.ts';
import { takeOrThrow } from '../http/limit-caller.ts';
import { parse } from '../http/parse.ts';
import { principalOf } from '../http/principal.ts';
import { refuseUrl } from '../webhooks/refuse-url.ts';
import { sendTestEvent, type TestParts } from '../webhooks/send-test-event.ts';

export interface WebhookRoutesParts extends TestParts {
  bell: Bell;
  limiter: RateLimiter;
}

/** A test makes this service call out while somebody waits. */
const testsPerMinute = 20;

/** OpenAI's routes ignore names that they do not know. */
const PageQuery = z.object(ListQuery.shape);

const ownerOf = (req: Request): EndpointOwner => ({ userId: principalOf(req).userId, id: String(req.params['id']) });

/** Where a user's events are sent: as OpenAI's SDK manages them, and beyond it what was sent there. */
export function webhookEndpointRoutes(parts: WebhookRoutesParts): Router {
  const { db, vault, egress } = parts;
  const router = Router();

  router.get('/', async (req, res) => {
    const query = parse(PageQuery, req.query);
    const endpoints = await listEndpoints(db.em(), principalOf(req).userId, query);
    res.json(presentList(endpoints.map(presentEndpoint), query.limit));
  });

  router.post('/', async (req, res) => {
    const request = parse(CreateWebhookEndpointRequest, req.body);
    refuseUrl(egress, { field: 'url', url: request.url });
    const create = { userId: principalOf(req).userId, request, idempotencyKey: idempotencyKeyOf(req), vault };
    const { endpoint, secret } = await createEndpoint(db.em(), create);
    res.json({ ...presentEndpoint(endpoint), signing_secret: secret });
  });

  router.get('/:id', async (req, res) => {
    res.json(presentEndpoint(await getEndpoint(db.em(), ownerOf(req))));
  });

  router.post('/:id', async (req, res) => {
    const request = parse(UpdateWebhookEndpointRequest, req.body);
    refuseUrl(egress, { field: 'url', url: request.url });
    res.json(presentEndpoint(await updateEndpoint(db.em(), ownerOf(req), request)));
  });

  router.delete('/:id', async (req, res) => {
    const owner = ownerOf(req);
    await deleteEndpoint(db.em(), owner);
    res.json({ id: owner.id, object: 'webhook_endpoint.deleted', deleted: true });
  });

  router.post('/:id/rotate_secret', async (req, res) => {
    const request = parse(RotateWebhookSecretRequest, req.body);
    const rotate = { owner: ownerOf(req), request, idempotencyKey: idempotencyKeyOf(req), vault };
    const { endpoint, secret } = await rotateSecret(db.em(), rotate);
    res.json({ ...presentEndpoint(endpoint), signing_secret: secret });
  });

  router.post('/:id/test', async (req, res) => {
    const { event_type: eventType } = parse(TestWebhookEndpointRequest, req.body);
    await takeOrThrow(parts.limiter, `webhook-test:${principalOf(req).userId}`, testsPerMinute);
    const { endpointId, statusCode } = await sendTestEvent(parts, ownerOf(req), eventType);
    res.json({
      object: 'webhook_endpoint.test',
      event_type: eventType,
      status_code: statusCode,
      success: true,
      webhook_endpoint_id: endpointId,
    });
  });

  return router.use(deliveryRoutes(parts));
}

function deliveryRoutes({ db, bell }: WebhookRoutesParts): Router {
  const router = Router();

  router.get('/:id/deliveries', async (req, res) => {
    const query = parse(PageQuery, req.query);
    const deliveries = await listDeliveries(db.em(), ownerOf(req), query);
    res.json(presentList(deliveries.map(presentDelivery), query.limit));
  });

  router.post('/:id/deliveries/:deliveryId/replay', async (req, res) => {
    const delivery = await replayDelivery(db.em(), ownerOf(req), String(req.params['deliveryId']));
    bell.ring('deliveries');
    res.status(202).json(presentDelivery(delivery));
  });

  return router;
}

/** The types that an endpoint can ask for. */
export function webhookEventTypeRoutes(): Router {
  return Router().get('/', (_req, res) => void res.json({ object: 'list', data: webhookEventTypes }));
}
