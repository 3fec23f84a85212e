import { CreateResponseRequest, DeletedResponseObject, listOf, ResponseInputItem, ResponseObject } from '@sluice/contract';
import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { answers, body, cacheHeader, inPath, openAiOperation, surfaceHeaders } from '../http/describe-route.ts';
import { InputItemsQuery, ResponseQuery } from '../openai-surface/response-query.ts';

const tags = ['OpenAI'];
const { path } = inPath('id');
const streamed = {
  200: {
    description: 'The response, or its events as server-sent events',
    content: {
      'application/json': { schema: ResponseObject },
      'text/event-stream': { schema: z.looseObject({ type: z.string(), sequence_number: z.int() }) },
    },
  },
};

/** Responses. */
export const responsePaths: ZodOpenApiPathsObject = {
  '/v1/responses': {
    post: openAiOperation({
      tags,
      summary: 'Ask a model, as OpenAI has it; `background` answers at once, `stream` in events',
      requestParams: surfaceHeaders,
      requestBody: body(CreateResponseRequest),
      responses: { 200: { ...streamed[200], headers: cacheHeader } },
    }),
  },
  '/v1/responses/{id}': {
    get: openAiOperation({
      tags,
      summary: 'A response; `stream=true` replays the events of a background one, after `starting_after`',
      requestParams: { ...(path && { path }), query: ResponseQuery },
      responses: streamed,
    }),
    delete: openAiOperation({
      tags,
      summary: 'Delete what a response said and was asked',
      requestParams: inPath('id'),
      responses: answers({ 200: DeletedResponseObject }),
    }),
  },
  '/v1/responses/{id}/cancel': {
    post: openAiOperation({
      tags,
      summary: 'Cancel a background response',
      requestParams: inPath('id'),
      responses: answers({ 200: ResponseObject }),
    }),
  },
  '/v1/responses/{id}/input_items': {
    get: openAiOperation({
      tags,
      summary: 'What a response was asked with, the responses before it included',
      requestParams: { ...(path && { path }), query: InputItemsQuery },
      responses: answers({ 200: listOf(ResponseInputItem) }),
    }),
  },
};
