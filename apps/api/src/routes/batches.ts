import { BatchListQuery, BatchRowListQuery, CreateBatchRequest, presentList, ResumeBatchRequest } from '@sluice/contract';
import {
  cancelBatch,
  createBatch,
  getBatch,
  listBatches,
  listRows,
  pauseBatch,
  presentBatch,
  presentRow,
  resumeBatch,
  retryFailed,
  type Batch,
  type Database,
} from '@sluice/core';
import type { Bell } from '@sluice/events';
import type { Clock } from '@sluice/platform';
import { Router, type Request } from 'express';
import { idempotencyKeyOf } from '../http/idempotency-key.ts';
import { keyChoiceOf } from '../http/key-choice.ts';
import { parse } from '../http/parse.ts';
import { principalOf } from '../http/principal.ts';

interface BatchRoutesParts {
  db: Database;
  bell: Bell;
  clock: Clock;
}

const ownerOf = (req: Request) => ({ batchId: String(req.params['id']), userId: principalOf(req).userId });

/** Batches, as OpenAI has them and more: budgets, pauses, rows while they run, and another try for those that failed. */
export function batchRoutes({ db, bell, clock }: BatchRoutesParts): Router {
  const router = Router();

  /** The workers look at once. */
  const announced = (batch: Batch) => {
    bell.ring('batches');
    return presentBatch(batch);
  };

  router.post('/', async (req, res) => {
    const body = parse(CreateBatchRequest, req.body);
    const request = { ...body, key: body.key ?? keyChoiceOf(req) };
    const create = { caller: principalOf(req), request, idempotencyKey: idempotencyKeyOf(req), now: clock() };
    res.json(announced(await createBatch(db.em(), create)));
  });

  router.get('/', async (req, res) => {
    const query = parse(BatchListQuery, req.query);
    const batches = await listBatches(db.em(), principalOf(req).userId, query);
    res.json(presentList(batches.map(presentBatch), query.limit));
  });

  router.get('/:id', async (req, res) => {
    res.json(presentBatch(await getBatch(db.em(), ownerOf(req))));
  });

  router.post('/:id/cancel', async (req, res) => {
    res.json(announced(await cancelBatch(db.em(), ownerOf(req))));
  });

  router.post('/:id/pause', async (req, res) => {
    res.json(announced(await pauseBatch(db.em(), ownerOf(req))));
  });

  router.post('/:id/resume', async (req, res) => {
    const { budget_credits: budget } = parse(ResumeBatchRequest, req.body);
    res.json(announced(await resumeBatch(db.em(), ownerOf(req), { budget })));
  });

  router.post('/:id/retry-failed', async (req, res) => {
    res.json(announced(await retryFailed(db.em(), ownerOf(req))));
  });

  router.get('/:id/rows', async (req, res) => {
    const query = parse(BatchRowListQuery, req.query);
    const { id, endpoint } = await getBatch(db.em(), ownerOf(req));
    const { rows, hasMore, cursor } = await listRows(db.em(), id, query);
    const data = rows.map((row) => presentRow(endpoint, row));
    res.json({ object: 'list', data, first_id: data[0]?.id ?? null, last_id: cursor, has_more: hasMore });
  });

  return router;
}
