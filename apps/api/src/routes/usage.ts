import { UsageQuery, UsageRecord, UsageRecordsQuery, UsageReport } from '@sluice/contract';
import { exportUsage, reportUsage, usageWindow, type Database } from '@sluice/core';
import type { Clock } from '@sluice/platform';
import { Router } from 'express';
import type { ZodOpenApiPathsObject, ZodOpenApiResponsesObject } from 'zod-openapi';
import { answers, operation } from '../http/describe-route.ts';
import { parse } from '../http/parse.ts';
import { principalOf } from '../http/principal.ts';
import { downloadTypes, sendDownload } from '../http/send-download.ts';

interface UsageRoutesParts {
  db: Database;
  clock: Clock;
}

/** What the caller's own jobs used and cost. */
export function usageRoutes({ db, clock }: UsageRoutesParts): Router {
  const router = Router();

  router.get('/', async (req, res) => {
    const { group_by: groups, ...query } = parse(UsageQuery, req.query);
    res.json(await reportUsage(db.em(), { userId: principalOf(req).userId, groups, ...usageWindow(query, clock()) }));
  });

  router.get('/records', async (req, res) => {
    const { format, ...query } = parse(UsageRecordsQuery, req.query);
    const chunks = exportUsage(db.em(), { userId: principalOf(req).userId, ...usageWindow(query, clock()) }, format);
    await sendDownload(res, { fileName: `usage.${format}`, contentType: downloadTypes[format], chunks });
  });

  return router;
}

/** A line a record. */
export const recordsAnswer: ZodOpenApiResponsesObject = {
  200: { description: 'A file', content: { 'text/csv': { schema: { type: 'string' } }, 'application/x-ndjson': { schema: UsageRecord } } },
};

const tags = ['Credits'];

export const usagePaths: ZodOpenApiPathsObject = {
  '/v1/usage': {
    get: operation({
      tags,
      summary: 'What your settled jobs used and cost',
      description: 'Grouped by `day` (UTC), `model`, `template`, or several of them separated by commas.',
      requestParams: { query: UsageQuery },
      responses: answers({ 200: UsageReport }),
    }),
  },
  '/v1/usage/records': {
    get: operation({ tags, summary: 'Download your settled jobs', requestParams: { query: UsageRecordsQuery }, responses: recordsAnswer }),
  },
};
