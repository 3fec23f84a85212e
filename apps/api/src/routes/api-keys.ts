import {
  ApiKeyObject,
  CreateApiKeyRequest,
  CreatedApiKeyObject,
  DeletedApiKeyObject,
  listOf,
  ListQuery,
  presentList,
} from '@sluice/contract';
import { createApiKey, listApiKeys, presentApiKey, revokeApiKey, type Database } from '@sluice/core';
import type { Clock } from '@sluice/platform';
import { Router } from 'express';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { answers, body, idempotencyHeader, inPath, operation } from '../http/describe-route.ts';
import { idempotencyKeyOf } from '../http/idempotency-key.ts';
import { parse } from '../http/parse.ts';
import { principalOf } from '../http/principal.ts';

interface ApiKeyRoutesParts {
  db: Database;
  clock: Clock;
}

/** A user's own API keys. */
export function apiKeyRoutes({ db, clock }: ApiKeyRoutesParts): Router {
  const router = Router();

  router.get('/', async (req, res) => {
    const query = parse(ListQuery, req.query);
    const keys = await listApiKeys(db.em(), principalOf(req).userId, query);
    res.json(presentList(keys.map(presentApiKey), query.limit));
  });

  router.post('/', async (req, res) => {
    const request = parse(CreateApiKeyRequest, req.body);
    const { key, secret } = await createApiKey(db.em(), {
      principal: principalOf(req),
      request,
      idempotencyKey: idempotencyKeyOf(req),
      now: clock(),
    });
    res.status(201).json({ ...presentApiKey(key), secret });
  });

  router.delete('/:id', async (req, res) => {
    const { id } = req.params;
    await revokeApiKey(db.em(), { id, userId: principalOf(req).userId, now: clock() });
    res.json({ id, object: 'api_key', deleted: true });
  });

  return router;
}

const tags = ['Account'];

export const apiKeyPaths: ZodOpenApiPathsObject = {
  '/v1/api-keys': {
    get: operation({
      tags,
      summary: 'List your API keys',
      requestParams: { query: ListQuery },
      responses: answers({ 200: listOf(ApiKeyObject) }),
    }),
    post: operation({
      tags,
      summary: 'Make an API key',
      description: 'The key is in `secret`, this once. It can have no scope that the caller lacks.',
      requestParams: idempotencyHeader,
      requestBody: body(CreateApiKeyRequest),
      responses: answers({ 201: CreatedApiKeyObject }),
    }),
  },
  '/v1/api-keys/{id}': {
    delete: operation({
      tags,
      summary: 'Revoke an API key; it stops within 10 s',
      requestParams: inPath('id'),
      responses: answers({ 200: DeletedApiKeyObject }),
    }),
  },
};
