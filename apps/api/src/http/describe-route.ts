import { ErrorBody, KeyChoice, OpenAiErrorBody } from '@sluice/contract';
import { z } from 'zod';
import type { ZodOpenApiOperationObject, ZodOpenApiParameters, ZodOpenApiRequestBodyObject, ZodOpenApiResponsesObject } from 'zod-openapi';

type Described = ZodOpenApiOperationObject & { summary: string; tags: string[] };

/** Documents one route. Every route can answer the one error body. */
export function operation(described: Described): ZodOpenApiOperationObject {
  return withFailure(described, ErrorBody);
}

/** The same for a route that speaks OpenAI's protocol. */
export function openAiOperation(described: Described): ZodOpenApiOperationObject {
  return withFailure(described, OpenAiErrorBody);
}

function withFailure(described: Described, schema: z.ZodType): ZodOpenApiOperationObject {
  const failure = { description: 'An error, by its code', content: { 'application/json': { schema } } };
  return { ...described, responses: { ...described.responses, default: failure } };
}

/** A JSON body of this schema. */
export function body(schema: z.ZodType): ZodOpenApiRequestBodyObject {
  return { required: true, content: { 'application/json': { schema } } };
}

/** Answers by status: a JSON body of a schema, or no body for null. */
export function answers(schemas: Record<number, z.ZodType | null>): ZodOpenApiResponsesObject {
  const entries = Object.entries(schemas).map(([status, schema]) => [
    status,
    schema ? { description: 'Done', content: { 'application/json': { schema } } } : { description: 'Done' },
  ]);
  return Object.fromEntries(entries);
}

/** Names in a path, such as `/v1/api-keys/{id}`. */
export function inPath(...names: string[]): ZodOpenApiParameters {
  return { path: z.object(Object.fromEntries(names.map((name) => [name, z.string()]))) };
}

const idempotencyKey = z
  .string()
  .max(255)
  .optional()
  .meta({ description: 'The same key and body answer the same object; another body is refused' });

/** What an answer in OpenAI's words says of the result cache. */
export const cacheHeader = z.object({
  'x-sluice-cache': z
    .string()
    .optional()
    .meta({ description: '`hit; job=<id>`, `wait; job=<id>` (a stream that waits for that job) or `miss`, when the result cache is used' }),
});

const keySource = KeyChoice.optional();

/** The headers of a request in OpenAI's words. */
export const surfaceHeaders: ZodOpenApiParameters = {
  header: z.object({
    'Idempotency-Key': idempotencyKey,
    'x-sluice-cache': z
      .string()
      .optional()
      .meta({ description: '`on`, `off` or `ttl=<seconds>`: whether the answer may be that of an identical request, and how old' }),
    'x-key-source': keySource,
  }),
};

/** The headers of a batch, for its lines. */
export const batchHeaders: ZodOpenApiParameters = { header: z.object({ 'Idempotency-Key': idempotencyKey, 'x-key-source': keySource }) };

/** The header that makes a create safe to send again. */
export const idempotencyHeader: ZodOpenApiParameters = { header: z.object({ 'Idempotency-Key': idempotencyKey }) };
