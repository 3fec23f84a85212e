import { LaneList, type LaneObject } from '@sluice/contract';
import { listLaneBacklogs, listLaneKeys, type Database, type LaneBacklog, type LaneKeyRow } from '@sluice/core';
import type { Logger } from '@sluice/platform';
import type { Producer } from '@sluice/queue';
import { Router } from 'express';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { answers, operation } from '../http/describe-route.ts';
import { presentLaneKeys, type AdmissionView } from '../providers/present-lane-keys.ts';

export interface LaneRoutesParts {
  db: Database;
  producer: Pick<Producer, 'counts'>;
  admission: AdmissionView;
  log: Logger;
}

/** How busy each provider's queues and keys are, for administrators. */
export function laneRoutes(parts: LaneRoutesParts): Router {
  const router = Router();

  router.get('/', async (_req, res) => {
    const [backlogs, keys] = await Promise.all([listLaneBacklogs(parts.db.em()), listLaneKeys(parts.db.em())]);
    const byProvider = Map.groupBy(keys, ({ providerId }) => providerId);
    const data = backlogs.map((backlog) => presentLane(parts, backlog, byProvider.get(backlog.providerId) ?? []));
    res.json({ object: 'list', data: await Promise.all(data) });
  });

  return router;
}

async function presentLane({ producer, admission, log }: LaneRoutesParts, backlog: LaneBacklog, keys: LaneKeyRow[]): Promise<LaneObject> {
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
    keys: await presentLaneKeys(admission, keys, (err) => log.warn({ err, provider }, 'the limits of a lane could not be read')),
  };
}

export const lanePaths: ZodOpenApiPathsObject = {
  '/v1/admin/lanes': {
    get: operation({
      tags: ['Administration: providers'],
      summary: "Show how busy each provider's queues and keys are, and which keys rest",
      description:
        'Rows say what waits and runs; `messages` is what the queue holds, null while it cannot be reached. Each key tells what is taken of its limits, and for which models it rests: a cool-down that its provider asked for, or an open breaker.',
      responses: answers({ 200: LaneList }),
    }),
  },
};
