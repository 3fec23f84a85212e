import { isEnd, JobListQuery, presentList, SubmitBulkRequest, SubmitJobRequest } from '@sluice/contract';
import { createStreamTicket, getJob, isCancelling, listJobs, presentJob } from '@sluice/core';
import { Router, type Request } from 'express';
import { requestIdOf } from '../http/access-log.ts';
import { idempotencyKeyOf } from '../http/idempotency-key.ts';
import { parse } from '../http/parse.ts';
import { principalOf } from '../http/principal.ts';
import { sendJson } from '../http/send-json.ts';
import { closedSignal } from '../http/sse.ts';
import { acceptBulk } from '../jobs/accept-bulk.ts';
import { acceptedOrThrow, acceptJob, planSubmission } from '../jobs/accept-jobs.ts';
import { acceptRetry } from '../jobs/accept-retry.ts';
import type { JobParts } from '../jobs/parts.ts';
import { requestCancel } from '../jobs/request-cancel.ts';
import { waitForEnd } from '../jobs/wait-for-end.ts';
import { waitMsOf } from '../jobs/wait-of.ts';

/** A running job's cancel is answered when its worker has written the end, or after this. */
const cancelWaitMs = 2000;

const ownerOf = (req: Request) => ({ jobId: String(req.params['id']), userId: principalOf(req).userId });

export function jobRoutes(parts: JobParts): Router {
  const router = Router();

  router.post('/', async (req, res) => {
    const waitMs = waitMsOf(req);
    const request = parse(SubmitJobRequest, req.body);
    const submission = await planSubmission(parts, principalOf(req), request, idempotencyKeyOf(req));
    const { job, isNew } = acceptedOrThrow(await acceptJob(parts, submission));
    res.setHeader('location', `/v1/jobs/${job.id}`);
    const waits = waitMs > 0 && !isEnd(job.status);
    const seen = waits ? await waitForEnd(parts, { jobId: job.id, userId: job.userId }, waitMs, closedSignal(res)) : job;
    // A new job that has ended had its answer in the cache.
    sendJson(res, isEnd(seen.status) && (waitMs > 0 || isNew) ? 200 : 202, presentJob(seen));
  });

  router.post('/bulk', async (req, res) => {
    const { jobs } = parse(SubmitBulkRequest, req.body);
    const bulk = { caller: principalOf(req), rows: jobs, idempotencyKey: idempotencyKeyOf(req), requestId: requestIdOf(req) };
    sendJson(res, 202, { object: 'list', data: await acceptBulk(parts, bulk) });
  });

  router.get('/', async (req, res) => {
    const query = parse(JobListQuery, req.query);
    const jobs = await listJobs(parts.db.em(), principalOf(req).userId, query);
    res.json(presentList(jobs.map(presentJob), query.limit));
  });

  router.get('/:id', async (req, res) => {
    const waitMs = waitMsOf(req);
    const owner = ownerOf(req);
    const job = waitMs > 0 ? await waitForEnd(parts, owner, waitMs, closedSignal(res)) : await getJob(parts.db.em(), owner);
    res.json(presentJob(job));
  });

  router.post('/:id/cancel', async (req, res) => {
    const owner = ownerOf(req);
    const job = await requestCancel(parts, owner);
    res.json(presentJob(isCancelling(job) ? await waitForEnd(parts, owner, cancelWaitMs, closedSignal(res)) : job));
  });

  router.post('/:id/retry', async (req, res) => {
    const job = await acceptRetry(parts, principalOf(req), String(req.params['id']), idempotencyKeyOf(req));
    res.location(`/v1/jobs/${job.id}`).status(202).json(presentJob(job));
  });

  router.post('/:id/stream-ticket', async (req, res) => {
    const { id } = await getJob(parts.db.em(), ownerOf(req));
    const { ticket, expiresAt } = await createStreamTicket(parts.db.em(), id, parts.clock());
    res.status(201).json({ ticket, expires_at: expiresAt.toISOString() });
  });

  return router;
}
