import { CreateOrderRequest, listOf, OrderListQuery, OrderObject, presentList } from '@sluice/contract';
import { exportOrders, listOrders, presentOrder, recharge, type Database } from '@sluice/core';
import type { Clock } from '@sluice/platform';
import { Router } from 'express';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { answers, body, idempotencyHeader, operation } from '../http/describe-route.ts';
import { idempotencyKeyOf } from '../http/idempotency-key.ts';
import { parse } from '../http/parse.ts';
import { principalOf } from '../http/principal.ts';
import { downloadTypes, sendDownload } from '../http/send-download.ts';

interface OrderRoutesParts {
  db: Database;
  clock: Clock;
}

/** Recharges, for administrators. */
export function orderRoutes({ db, clock }: OrderRoutesParts): Router {
  const router = Router();

  router.post('/', async (req, res) => {
    const { user_id: userId, amount, note } = parse(CreateOrderRequest, req.body);
    const createdBy = principalOf(req).userId;
    const order = await recharge(db.em(), { userId, amount, note, createdBy, idempotencyKey: idempotencyKeyOf(req), now: clock() });
    res.status(201).json(presentOrder(order));
  });

  router.get('/', async (req, res) => {
    const { format, ...query } = parse(OrderListQuery, req.query);
    if (format === 'csv') {
      const chunks = exportOrders(db.em(), { userId: query.user_id });
      return sendDownload(res, { fileName: 'orders.csv', contentType: downloadTypes.csv, chunks });
    }
    const orders = await listOrders(db.em(), query);
    res.json(presentList(orders.map(presentOrder), query.limit));
  });

  return router;
}

const tags = ['Administration: credits'];

export const orderPaths: ZodOpenApiPathsObject = {
  '/v1/admin/orders': {
    post: operation({
      tags,
      summary: "Recharge a user's wallet",
      description: 'Debt is paid first. Send an Idempotency-Key: the same key and body answer the same order.',
      requestParams: idempotencyHeader,
      requestBody: body(CreateOrderRequest),
      responses: answers({ 201: OrderObject }),
    }),
    get: operation({
      tags,
      summary: 'List orders; with `format=csv` download all of them',
      requestParams: { query: OrderListQuery },
      responses: answers({ 200: listOf(OrderObject) }),
    }),
  },
};
