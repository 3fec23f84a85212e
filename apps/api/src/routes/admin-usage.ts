import { AdminUsageQuery, AdminUsageRecordsQuery, UsageReport } from '@sluice/contract';
import { exportUsage, reportUsage, usageWindow, type Database } from '@sluice/core';
import type { Clock } from '@sluice/platform';
import { Router } from 'express';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { answers, operation } from '../http/describe-route.ts';
import { parse } from '../http/parse.ts';
import { downloadTypes, sendDownload } from '../http/send-download.ts';
import { recordsAnswer } from './usage.ts';

interface AdminUsageRoutesParts {
  db: Database;
  clock: Clock;
}

/** What everybody's jobs used and cost, for administrators. */
export function adminUsageRoutes({ db, clock }: AdminUsageRoutesParts): Router {
  const router = Router();

  router.get('/', async (req, res) => {
    const { user_id: userId = null, group_by: groups, ...query } = parse(AdminUsageQuery, req.query);
    res.json(await reportUsage(db.em(), { userId, groups, ...usageWindow(query, clock()) }));
  });

  router.get('/records', async (req, res) => {
    const { user_id: userId = null, format, ...query } = parse(AdminUsageRecordsQuery, req.query);
    const chunks = exportUsage(db.em(), { userId, ...usageWindow(query, clock()) }, format);
    await sendDownload(res, { fileName: `usage.${format}`, contentType: downloadTypes[format], chunks });
  });

  return router;
}

const tags = ['Administration: credits'];

export const adminUsagePaths: ZodOpenApiPathsObject = {
  '/v1/admin/usage': {
    get: operation({
      tags,
      summary: 'What settled jobs used and cost',
      description: 'Grouped by `day` (UTC), `model`, `template`, `user`, or several of them separated by commas.',
      requestParams: { query: AdminUsageQuery },
      responses: answers({ 200: UsageReport }),
    }),
  },
  '/v1/admin/usage/records': {
    get: operation({ tags, summary: 'Download settled jobs', requestParams: { query: AdminUsageRecordsQuery }, responses: recordsAnswer }),
  },
};
