import {
  BatchListQuery,
  BatchObject,
  BatchRowListQuery,
  BatchRowObject,
  CreateBatchRequest,
  listOf,
  ResumeBatchRequest,
} from '@sluice/contract';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { answers, body, batchHeaders, inPath, openAiOperation } from '../http/describe-route.ts';

const tags = ['OpenAI'];
const { path } = inPath('id');
const one = { tags, requestParams: inPath('id'), responses: answers({ 200: BatchObject }) };

/** Batches and their rows. */
export const batchPaths: ZodOpenApiPathsObject = {
  '/v1/batches': {
    post: openAiOperation({
      tags,
      summary: 'Run the lines of a file, each as a request of `endpoint`',
      description:
        'With the endpoint `/v1/jobs` each line has the body of a native job. `paused` makes it wait once its file is checked and its cost estimated.',
      requestParams: batchHeaders,
      requestBody: body(CreateBatchRequest),
      responses: answers({ 200: BatchObject }),
    }),
    get: openAiOperation({
      tags,
      summary: 'Your batches, newest first',
      requestParams: { query: BatchListQuery },
      responses: answers({ 200: listOf(BatchObject) }),
    }),
  },
  '/v1/batches/{id}': { get: openAiOperation({ ...one, summary: 'How far a batch is, and what it has cost' }) },
  '/v1/batches/{id}/cancel': {
    post: openAiOperation({ ...one, summary: 'Cancel a batch; what has ended is kept, what runs may end' }),
  },
  '/v1/batches/{id}/pause': { post: openAiOperation({ ...one, summary: 'Start no more rows until it is resumed' }) },
  '/v1/batches/{id}/resume': {
    post: openAiOperation({
      ...one,
      summary: 'Start rows again, within a new budget if one is sent',
      requestBody: { ...body(ResumeBatchRequest), required: false },
    }),
  },
  '/v1/batches/{id}/retry-failed': {
    post: openAiOperation({ ...one, summary: 'Run the rows again that did not complete, and no others' }),
  },
  '/v1/batches/{id}/rows': {
    get: openAiOperation({
      tags,
      summary: 'The rows of a batch with their results, also while it runs',
      description:
        '`status=finished` lists them in the order they ended: keep `last_id`, send it as `after`, and each result is seen once.',
      requestParams: { ...(path && { path }), query: BatchRowListQuery },
      responses: answers({ 200: listOf(BatchRowObject) }),
    }),
  },
};
