import { AuditReport } from '@sluice/contract';
import { runAudit, type Database } from '@sluice/core';
import { Router } from 'express';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { answers, operation } from '../http/describe-route.ts';

interface AuditRoutesParts {
  db: Database;
}

/** A request should end soon; `npm run audit` computes every cost again. */
const recomputeNewest = 10_000;

/** Whether the money rows agree with one another, for administrators. */
export function auditRoutes({ db }: AuditRoutesParts): Router {
  const router = Router();

  router.get('/', async (_req, res) => {
    res.json(await runAudit(db.em(), { recomputeNewest }));
  });

  return router;
}

export const auditPaths: ZodOpenApiPathsObject = {
  '/v1/admin/audit': {
    get: operation({
      tags: ['Administration: credits'],
      summary: 'Check that wallets, jobs, settlements and transfers agree',
      description: 'Reads whole tables: it takes seconds on a large database. A sound one has 0 findings, also under load.',
      responses: answers({ 200: AuditReport }),
    }),
  },
};
