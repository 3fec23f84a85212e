import { AuditEntryObject, listOf, ListQuery, presentList } from '@sluice/contract';
import { listActions, type Database } from '@sluice/core';
import { Router } from 'express';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { answers, operation } from '../http/describe-route.ts';
import { parse } from '../http/parse.ts';

/** What administrators and the service itself have changed. */
export function auditLogRoutes({ db }: { db: Database }): Router {
  const router = Router();

  router.get('/', async (req, res) => {
    const query = parse(ListQuery, req.query);
    res.json(presentList(await listActions(db.em(), query), query.limit));
  });

  return router;
}

export const auditLogPaths: ZodOpenApiPathsObject = {
  '/v1/admin/audit-log': {
    get: operation({
      tags: ['Administration'],
      summary: 'List what was changed, and by whom',
      requestParams: { query: ListQuery },
      responses: answers({ 200: listOf(AuditEntryObject) }),
    }),
  },
};
