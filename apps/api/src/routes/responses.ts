import type { DeletedResponseObject, ResponseEcho } from '@sluice/contract';
import {
  cancelledOrThrow,
  cancelResponse,
  deleteResponse,
  getResponse,
  getResponseInput,
  isCancelling,
  parseOpenAi,
  planResponseRequest,
  presentResponse,
  readResponseRequest,
  resolveInput,
  responseIdOf,
} from '@sluice/core';
import { Router, type Request, type Response } from 'express';
import { principalOf } from '../http/principal.ts';
import { closedSignal } from '../http/sse.ts';
import { announceCancel } from '../jobs/request-cancel.ts';
import { waitForEnd } from '../jobs/wait-for-end.ts';
import { acceptSurface } from '../openai-surface/accept-surface.ts';
import { abandon, awaitAnswer, type ForegroundParts } from '../openai-surface/foreground.ts';
import { listInput } from '../openai-surface/list-input.ts';
import { InputItemsQuery, ResponseQuery } from '../openai-surface/response-query.ts';
import { requireReplayable, streamResponse } from '../openai-surface/stream-response.ts';

/**
 * A running response's cancel is answered when its worker has written the end, which takes less than a second, or after this:
 * clients know no answer but `cancelled`.
 */
const cancelWaitMs = 10_000;

const ownerOf = (req: Request) => ({ responseId: String(req.params['id']), userId: principalOf(req).userId });

/** Responses: jobs that are asked for and shown in OpenAI's words. */
export function responseRoutes(parts: ForegroundParts): Router {
  const router = Router();
  const em = () => parts.db.em();

  router.post('/', (req, res) => parts.drain.hold(createResponse(parts, req, res)));

  router.get('/:id', async (req, res) => {
    const { stream, starting_after: after = -1 } = parseOpenAi(ResponseQuery, req.query, {});
    const response = await getResponse(em(), ownerOf(req));
    if (stream !== 'true') return void res.json(presentResponse(response.job, response.echo));
    await requireReplayable(parts, response.job, after);
    await streamResponse(parts, res, { response, after });
  });

  router.get('/:id/input_items', async (req, res) => {
    const page = parseOpenAi(InputItemsQuery, req.query, {});
    res.json(listInput(await getResponseInput(em(), ownerOf(req)), page));
  });

  router.post('/:id/cancel', async (req, res) => {
    const { job, echo } = await cancelResponse(em(), ownerOf(req));
    await announceCancel(parts, job);
    const owner = { jobId: job.id, userId: job.userId };
    const seen = isCancelling(job) ? await waitForEnd(parts, owner, cancelWaitMs, closedSignal(res)) : job;
    res.json(presentResponse(cancelledOrThrow(seen), echo));
  });

  router.delete('/:id', async (req, res) => {
    const { id } = await deleteResponse(em(), ownerOf(req));
    await parts.eventLog
      .expire(id, 0)
      .catch((err: unknown) => parts.log.warn({ err, jobId: id }, 'events of a deleted response not removed; they expire'));
    const deleted: DeletedResponseObject = { id: responseIdOf(id), object: 'response', deleted: true };
    res.json(deleted);
  });

  return router;
}

async function createResponse(parts: ForegroundParts, req: Request, res: Response): Promise<void> {
  const body = readResponseRequest(req.body);
  const items = await resolveInput(parts.db.em(), principalOf(req).userId, body);
  const call = await acceptSurface(parts, req, res, planResponseRequest(body, items));
  const echo = call.echo as ResponseEcho;
  if (body.stream) {
    const isTold = await streamResponse(parts, res, { response: { job: call.job, echo }, after: -1 });
    if (!isTold && !body.background) await abandon(parts, call);
    return;
  }
  const job = body.background ? call.job : await awaitAnswer(parts, res, call);
  if (job) res.json(presentResponse(job, echo));
}
