import { LaneList, type LaneObject } from '@sluice/contract';
import { listLaneBacklogs, type Database, type LaneBacklog } from '@sluice/core';
import type { Logger } from '@sluice/platform';
import type { Producer } from '@sluice/queue';
import { Router } from 'express';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { answers, operation } from '../http/describe-route.ts';

export interface LaneRoutesParts {
  db: Database;
  producer: Pick<Producer, 'counts'>;
  log: Logger;
}

/** How busy each provider's queues are, for administrators. */
export function laneRoutes(parts: LaneRoutesParts): Router {
  const router = Router();

  router.get('/', async (_req, res) => {
    const backlogs = await listLaneBacklogs(parts.db.em());
    res.json({ object: 'list', data: await Promise.all(backlogs.map((backlog) => presentLane(parts, backlog))) });
  });

  return router;
}

async function presentLane({ producer, log }: LaneRoutesParts, backlog: LaneBacklog): Promise<LaneObject> {
  const { providerId, provider, state, queued, running, oldestQueuedMs } = backlog;
  const messages = await producer.counts(providerId).catch((err: unknown) => {
    log.warn({ err, provider }, 'the messages of a lane could not be counted');
    return null;
  });
  return {
    provider_id: providerId,
    object: 'lane',
    provider,
    state,
    messages,
    jobs: { queued, running },
    oldest_queued_ms: oldestQueuedMs,
  };
}

export const lanePaths: ZodOpenApiPathsObject = {
  '/v1/admin/lanes': {
    get: operation({
      tags: ['Administration: providers'],
      summary: "Show how busy each provider's queues are",
      description: 'Rows say what waits and runs; `messages` is what the queue holds, null while it cannot be reached.',
      responses: answers({ 200: LaneList }),
    }),
  },
};
