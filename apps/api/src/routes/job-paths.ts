import { JobEvent, JobListQuery, JobObject, listOf, SubmitBulkRequest, SubmitJobRequest } from '@sluice/contract';
import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { answers, body, operation } from '../http/describe-route.ts';

const tags = ['Jobs'];
const id = z.string().meta({ description: 'The job, as `job_...`' });
const wait = z.int().min(0).max(60).optional().meta({ description: 'Seconds to wait for the end; also as `Prefer: wait=`' });
const path = z.object({ id });

const BulkResult = z.object({
  object: z.literal('list'),
  data: z.array(
    z.union([
      z.object({ index: z.int(), job: JobObject }),
      z.object({ index: z.int(), error: z.object({ message: z.string(), code: z.string() }) }),
    ]),
  ),
});
const Ticket = z.object({ ticket: z.string(), expires_at: z.iso.datetime() });

/** Jobs and their events. */
export const jobPaths: ZodOpenApiPathsObject = {
  '/v1/jobs': {
    post: operation({
      tags,
      summary: 'Submit a job; `wait` waits for its end',
      requestParams: { query: z.object({ wait }) },
      requestBody: body(SubmitJobRequest),
      responses: answers({ 200: JobObject, 202: JobObject }),
    }),
    get: operation({
      tags,
      summary: 'Your jobs, newest first',
      requestParams: { query: JobListQuery },
      responses: answers({ 200: listOf(JobObject) }),
    }),
  },
  '/v1/jobs/bulk': {
    post: operation({
      tags,
      summary: 'Submit up to 1,000 jobs; each row stands alone',
      requestBody: body(SubmitBulkRequest),
      responses: answers({ 202: BulkResult }),
    }),
  },
  '/v1/jobs/{id}': {
    get: operation({
      tags,
      summary: 'One job; `wait` waits for its end',
      requestParams: { path, query: z.object({ wait }) },
      responses: answers({ 200: JobObject }),
    }),
  },
  '/v1/jobs/{id}/cancel': {
    post: operation({
      tags,
      summary: 'Cancel a job; what was produced is kept and charged',
      requestParams: { path },
      responses: answers({ 200: JobObject }),
    }),
  },
  '/v1/jobs/{id}/retry': {
    post: operation({
      tags,
      summary: 'Ask again, as a new job at the price of today, what a failed, cancelled or incomplete job asked',
      requestParams: { path },
      responses: answers({ 202: JobObject }),
    }),
  },
  '/v1/jobs/{id}/stream-ticket': {
    post: operation({
      tags,
      summary: "A ticket for a browser's EventSource, to use within 60 s",
      requestParams: { path },
      responses: answers({ 201: Ticket }),
    }),
  },
  '/v1/jobs/{id}/events': {
    get: {
      tags,
      summary: 'The events of a job, from the start or after a cursor, then live until its end',
      requestParams: {
        path,
        header: z.object({ 'Last-Event-ID': z.string().optional() }),
        query: z.object({ after: z.string().optional(), format: z.literal('openai').optional(), ticket: z.string().optional() }),
      },
      responses: {
        200: { description: 'Server-sent events; each `data` is one event', content: { 'text/event-stream': { schema: JobEvent } } },
        204: { description: 'The cursor is at the end: nothing will follow' },
      },
    },
  },
};
