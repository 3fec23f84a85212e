import {
  CreateOwnKeyRequest,
  DeletedOwnKeyObject,
  KeyableProviderList,
  listOf,
  ListQuery,
  OwnKeyObject,
  OwnKeyTestObject,
  RotateOwnKeyRequest,
} from '@sluice/contract';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { answers, body, idempotencyHeader, inPath, operation } from '../http/describe-route.ts';

const tags = ['Own provider keys'];

/** Provider keys that users bring themselves. */
export const ownKeyPaths: ZodOpenApiPathsObject = {
  '/v1/provider-keys': {
    get: operation({
      tags,
      summary: 'List your own provider keys',
      requestParams: { query: ListQuery },
      responses: answers({ 200: listOf(OwnKeyObject) }),
    }),
    post: operation({
      tags,
      summary: 'Store a provider key of your own; it is never shown again',
      description: 'Jobs use it when they are submitted with `key` "own" or "auto".',
      requestParams: idempotencyHeader,
      requestBody: body(CreateOwnKeyRequest),
      responses: answers({ 201: OwnKeyObject }),
    }),
  },
  '/v1/provider-keys/providers': {
    get: operation({
      tags,
      summary: 'List the providers that a key may be stored for, with the models it can then be used for',
      responses: answers({ 200: KeyableProviderList }),
    }),
  },
  '/v1/provider-keys/{id}': {
    get: operation({ tags, summary: 'Show one of your keys', requestParams: inPath('id'), responses: answers({ 200: OwnKeyObject }) }),
    delete: operation({
      tags,
      summary: 'Remove a key; jobs that need it fail',
      requestParams: inPath('id'),
      responses: answers({ 200: DeletedOwnKeyObject }),
    }),
  },
  '/v1/provider-keys/{id}/rotate': {
    post: operation({
      tags,
      summary: 'Put another secret in its place; a key that was refused is in use again',
      requestParams: inPath('id'),
      requestBody: body(RotateOwnKeyRequest),
      responses: answers({ 200: OwnKeyObject }),
    }),
  },
  '/v1/provider-keys/{id}/test': {
    post: operation({
      tags,
      summary: 'Make a real call of one token with it',
      description: 'At the cost of the account that the key belongs to. A key that was out of use and works is in use again.',
      requestParams: inPath('id'),
      responses: answers({ 200: OwnKeyTestObject }),
    }),
  },
};
