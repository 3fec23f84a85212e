import { AdjustmentRequest, TransferObject } from '@sluice/contract';
import { adjust, presentTransfer, type Database } from '@sluice/core';
import { Router } from 'express';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { answers, body, idempotencyHeader, operation } from '../http/describe-route.ts';
import { idempotencyKeyOf } from '../http/idempotency-key.ts';
import { parse } from '../http/parse.ts';
import { principalOf } from '../http/principal.ts';

interface AdjustmentRoutesParts {
  db: Database;
}

/** Credits given or taken outside of orders and jobs, for administrators. */
export function adjustmentRoutes({ db }: AdjustmentRoutesParts): Router {
  const router = Router();

  router.post('/', async (req, res) => {
    const { user_id: userId, amount, reason } = parse(AdjustmentRequest, req.body);
    const createdBy = principalOf(req).userId;
    const transfer = await adjust(db.em(), { userId, amount, note: reason, createdBy, idempotencyKey: idempotencyKeyOf(req) });
    res.status(201).json(presentTransfer(transfer));
  });

  return router;
}

export const adjustmentPaths: ZodOpenApiPathsObject = {
  '/v1/admin/adjustments': {
    post: operation({
      tags: ['Administration: credits'],
      summary: 'Give credits, or take them with a negative amount',
      description: 'Nothing is taken that jobs hold or that is not there: 409.',
      requestParams: idempotencyHeader,
      requestBody: body(AdjustmentRequest),
      responses: answers({ 201: TransferObject }),
    }),
  },
};
