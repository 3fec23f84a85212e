import { CreateOwnKeyRequest, ListQuery, presentList, RotateOwnKeyRequest } from '@sluice/contract';
import { createOwnKey, deleteOwnKey, getOwnKey, listKeyableProviders, listOwnKeys, presentOwnKey, rotateOwnKey } from '@sluice/core';
import { Router, type Request } from 'express';
import { idempotencyKeyOf } from '../http/idempotency-key.ts';
import { parse } from '../http/parse.ts';
import { principalOf } from '../http/principal.ts';
import { testOwnKey } from '../own-keys/test-own-key.ts';
import type { ProviderCheckParts } from '../providers/test-provider.ts';

const refOf = (req: Request) => ({ keyId: String(req.params['id']), userId: principalOf(req).userId });

/** A user's own provider keys. No answer of these routes holds a key's secret. */
export function ownKeyRoutes(parts: ProviderCheckParts): Router {
  const { db, vault } = parts;
  const router = Router();

  router.get('/', async (req, res) => {
    const query = parse(ListQuery, req.query);
    const keys = await listOwnKeys(db.em(), principalOf(req).userId, query);
    res.json(presentList(keys.map(presentOwnKey), query.limit));
  });

  router.post('/', async (req, res) => {
    const request = parse(CreateOwnKeyRequest, req.body);
    const create = { vault, userId: principalOf(req).userId, idempotencyKey: idempotencyKeyOf(req), request };
    const key = await createOwnKey(db.em(), create);
    res.status(201).location(`/v1/provider-keys/${key.id}`).json(presentOwnKey(key));
  });

  router.get('/providers', async (_req, res) => {
    res.json({ object: 'list', data: await listKeyableProviders(db.em()) });
  });

  router.get('/:id', async (req, res) => {
    res.json(presentOwnKey(await getOwnKey(db.em(), refOf(req))));
  });

  router.post('/:id/rotate', async (req, res) => {
    const request = parse(RotateOwnKeyRequest, req.body);
    res.json(presentOwnKey(await rotateOwnKey(db.em(), { vault, request, ...refOf(req) })));
  });

  router.post('/:id/test', async (req, res) => {
    res.json(await testOwnKey(parts, refOf(req)));
  });

  router.delete('/:id', async (req, res) => {
    const ref = refOf(req);
    await deleteOwnKey(db.em(), ref);
    res.json({ id: ref.keyId, object: 'own_provider_key', deleted: true });
  });

  return router;
}
