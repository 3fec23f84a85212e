import {
  AddProviderKeyRequest,
  CreateProviderRequest,
  DeletedProviderKeyObject,
  listOf,
  ListQuery,
  presentList,
  ProviderKeyObject,
  ProviderObject,
  UpdateProviderKeyRequest,
  UpdateProviderRequest,
} from '@sluice/contract';
import {
  addProviderKey,
  createProvider,
  getProvider,
  listProviders,
  presentProvider,
  presentProviderKey,
  removeProviderKey,
  updateProvider,
  updateProviderKey,
  type Database,
  type Vault,
} from '@sluice/core';
import { Router } from 'express';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { answers, body, idempotencyHeader, inPath, operation } from '../http/describe-route.ts';
import { idempotencyKeyOf } from '../http/idempotency-key.ts';
import { parse } from '../http/parse.ts';
import { principalOf } from '../http/principal.ts';
import { announceChange, type ChangeParts } from '../providers/announce-change.ts';
import type { ProviderCheckParts } from '../providers/test-provider.ts';
import { providerCheckPaths, providerCheckRoutes } from './provider-checks.ts';

export interface AdminProviderRoutesParts extends ChangeParts, ProviderCheckParts {
  db: Database;
  vault: Vault;
}

/** Providers and their keys, for administrators. No answer of these routes holds a key's secret. */
export function adminProviderRoutes(parts: AdminProviderRoutesParts): Router {
  const { db, vault } = parts;
  const router = Router();

  router.get('/', async (req, res) => {
    const query = parse(ListQuery, req.query);
    const providers = await listProviders(db.em(), query);
    res.json(presentList(providers.map(presentProvider), query.limit));
  });

  router.post('/', async (req, res) => {
    const request = parse(CreateProviderRequest, req.body);
    const provider = await createProvider(db.em(), {
      vault,
      actorId: principalOf(req).userId,
      idempotencyKey: idempotencyKeyOf(req),
      request,
    });
    announceChange(parts);
    res.status(201).location(`/v1/admin/providers/${provider.id}`).json(presentProvider(provider));
  });

  router.get('/:id', async (req, res) => {
    res.json(presentProvider(await getProvider(db.em(), req.params.id)));
  });

  router.patch('/:id', async (req, res) => {
    const changes = parse(UpdateProviderRequest, req.body);
    const provider = await updateProvider(db.em(), { actorId: principalOf(req).userId, providerId: req.params.id, changes });
    announceChange(parts);
    res.json(presentProvider(provider));
  });

  return router.use(providerKeyRoutes(parts), providerCheckRoutes(parts));
}

function providerKeyRoutes(parts: AdminProviderRoutesParts): Router {
  const { db, vault } = parts;
  const router = Router();

  router.post('/:id/keys', async (req, res) => {
    const request = parse(AddProviderKeyRequest, req.body);
    const key = await addProviderKey(db.em(), {
      vault,
      actorId: principalOf(req).userId,
      idempotencyKey: idempotencyKeyOf(req),
      providerId: req.params.id,
      request,
    });
    announceChange(parts);
    res.status(201).json(presentProviderKey(key));
  });

  router.patch('/:id/keys/:keyId', async (req, res) => {
    const changes = parse(UpdateProviderKeyRequest, req.body);
    const { id: providerId, keyId } = req.params;
    const key = await updateProviderKey(db.em(), { actorId: principalOf(req).userId, providerId, keyId, changes });
    announceChange(parts);
    res.json(presentProviderKey(key));
  });

  router.delete('/:id/keys/:keyId', async (req, res) => {
    const { id: providerId, keyId } = req.params;
    await removeProviderKey(db.em(), { actorId: principalOf(req).userId, providerId, keyId });
    announceChange(parts);
    res.json({ id: keyId, object: 'provider_key', deleted: true });
  });

  return router;
}

const tags = ['Administration: providers'];

export const adminProviderPaths: ZodOpenApiPathsObject = {
  ...providerCheckPaths,
  '/v1/admin/providers': {
    get: operation({
      tags,
      summary: 'List providers with the state of their keys',
      requestParams: { query: ListQuery },
      responses: answers({ 200: listOf(ProviderObject) }),
    }),
    post: operation({
      tags,
      summary: 'Add a provider with its first key',
      description: 'Any server that speaks the OpenAI protocol. The address may be private; the audit log keeps who allowed it.',
      requestParams: idempotencyHeader,
      requestBody: body(CreateProviderRequest),
      responses: answers({ 201: ProviderObject }),
    }),
  },
  '/v1/admin/providers/{id}': {
    get: operation({ tags, summary: 'Show a provider', requestParams: inPath('id'), responses: answers({ 200: ProviderObject }) }),
    patch: operation({
      tags,
      summary: 'Change a provider',
      requestParams: inPath('id'),
      requestBody: body(UpdateProviderRequest),
      responses: answers({ 200: ProviderObject }),
    }),
  },
  '/v1/admin/providers/{id}/keys': {
    post: operation({
      tags,
      summary: 'Add a key; it is never shown again',
      requestParams: { ...inPath('id'), ...idempotencyHeader },
      requestBody: body(AddProviderKeyRequest),
      responses: answers({ 201: ProviderKeyObject }),
    }),
  },
  '/v1/admin/providers/{id}/keys/{key_id}': {
    patch: operation({
      tags,
      summary: 'Change, disable or enable a key',
      requestParams: inPath('id', 'key_id'),
      requestBody: body(UpdateProviderKeyRequest),
      responses: answers({ 200: ProviderKeyObject }),
    }),
    delete: operation({
      tags,
      summary: 'Remove a key that is not the only one',
      requestParams: inPath('id', 'key_id'),
      responses: answers({ 200: DeletedProviderKeyObject }),
    }),
  },
};
