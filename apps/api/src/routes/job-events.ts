import { eventId, isEnd, parseEventId, type EventPosition } from '@sluice/contract';
import { findJob, getJob, useStreamTicket, type JobView } from '@sluice/core';
import { AppError, notFound } from '@sluice/platform';
import { Router, type Request, type Response } from 'express';
import { principalOf } from '../http/principal.ts';
import { heartbeatFrame, renderFrame, startSse, type SseWriter } from '../http/sse.ts';
import { createChunkTranslator } from '../jobs/chat-chunks.ts';
import { endIdOf, follow, type StreamItem } from '../jobs/follow.ts';
import type { JobParts } from '../jobs/parts.ts';

/** GET /v1/jobs/:id/events: server-sent events, resumed by Last-Event-ID or `?after=`. */
export function jobEventRoutes(parts: JobParts): Router {
  return Router().get('/:id/events', async (req, res) => {
    const job = req.query['ticket'] === undefined ? await getJob(parts.db.em(), ownerOf(req)) : await jobOfTicket(parts, req);
    await sendEvents(parts, job, req, res);
  });
}

/** A stream ticket stands for the caller: a browser's EventSource can send no header. */
async function jobOfTicket({ db }: JobParts, req: Request): Promise<JobView> {
  const jobId = jobIdOf(req);
  const { ticket } = req.query;
  const isValid = typeof ticket === 'string' && (await useStreamTicket(db.em(), jobId, ticket));
  if (!isValid) throw new AppError('unauthenticated', 'The stream ticket is wrong, used up or expired; ask for a new one.');
  const job = await findJob(db.em(), jobId);
  if (!job) throw notFound('job');
  return job;
}

async function sendEvents(parts: JobParts, job: JobView, req: Request, res: Response): Promise<void> {
  const after = cursorOf(req);
  const tell = tellerOf(parts, job, req);
  // 204 tells an EventSource to stop reconnecting.
  if (isEnd(job.status) && after && eventId(after) === endIdOf(job)) return void res.status(204).end();
  const sse = startSse(res);
  const onHeartbeat = () => sse.write(heartbeatFrame);
  await follow(parts, { job, after, signal: sse.closed, onItems: (items) => tell(sse, items), onHeartbeat });
  sse.end();
}

const jobIdOf = (req: Request): string => String(req.params['id']);
const ownerOf = (req: Request) => ({ jobId: jobIdOf(req), userId: principalOf(req).userId });

type Teller = (sse: SseWriter, items: StreamItem[]) => Promise<void> | void;

function tellerOf({ db }: JobParts, job: JobView, req: Request): Teller {
  const { format } = req.query;
  if (format === undefined) return (sse, items) => sse.write(items.map(renderItem).join(''));
  if (format !== 'openai') throw fault('format', 'must be openai, or left out for the native events');
  if (job.kind !== 'text') throw fault('format', `can be openai for a job of the kind text only; this one is ${job.kind}`);
  const translator = createChunkTranslator({ job, includesUsage: true });
  const linesOf = async ({ event }: StreamItem) =>
    event.type === 'job-end' ? translator.end((await findJob(db.em(), job.id)) ?? job) : translator.next(event);
  return async (sse, items) => {
    for (const item of items) await sse.write((await linesOf(item)).map((data) => renderFrame({ data })).join(''));
  };
}

function renderItem({ id, event }: StreamItem): string {
  return renderFrame({ ...(id !== null && { id }), event: event.type, data: JSON.stringify(event) });
}

/** Where the reader stands. An EventSource sends the header only when it reconnects, so the header counts more than the URL. */
function cursorOf(req: Request): EventPosition | null {
  const id = req.get('last-event-id') ?? req.query['after'];
  if (id === undefined || id === '') return null;
  const position = typeof id === 'string' ? parseEventId(id) : null;
  if (!position) throw fault('after', 'must be the id of an event of this job, such as 1-7');
  return position;
}

function fault(path: string, message: string): AppError {
  return new AppError('invalid_request', `${path}: ${message}`, { param: path, faults: [{ path, message }] });
}
