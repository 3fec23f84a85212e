import {
  CreateModelRequest,
  DeletedModelObject,
  listOf,
  ListQuery,
  ModelObject,
  presentList,
  Price,
  PriceVersionObject,
  UpdateModelRequest,
} from '@sluice/contract';
import {
  createModel,
  deleteModel,
  getModel,
  listModels,
  listPrices,
  presentModel,
  setPrice,
  updateModel,
  type Database,
} from '@sluice/core';
import type { Clock } from '@sluice/platform';
import { Router } from 'express';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { answers, body, idempotencyHeader, inPath, operation } from '../http/describe-route.ts';
import { idempotencyKeyOf } from '../http/idempotency-key.ts';
import { parse } from '../http/parse.ts';
import { principalOf } from '../http/principal.ts';
import { announceChange, type ChangeParts } from '../providers/announce-change.ts';

export interface AdminModelRoutesParts extends ChangeParts {
  db: Database;
  clock: Clock;
}

/** Models, where they are asked, and their prices, for administrators. */
export function adminModelRoutes(parts: AdminModelRoutesParts): Router {
  const { db, clock } = parts;
  const router = Router();

  router.get('/', async (req, res) => {
    const query = parse(ListQuery, req.query);
    const models = await listModels(db.em(), query);
    res.json(presentList(models.map(presentModel), query.limit));
  });

  router.post('/', async (req, res) => {
    const request = parse(CreateModelRequest, req.body);
    const model = await createModel(db.em(), {
      actorId: principalOf(req).userId,
      idempotencyKey: idempotencyKeyOf(req),
      request,
      now: clock(),
    });
    announceChange(parts);
    res
      .status(201)
      .location(`/v1/admin/models/${encodeURIComponent(model.alias)}`)
      .json(presentModel(model));
  });

  router.get('/:alias', async (req, res) => {
    res.json(presentModel(await getModel(db.em(), req.params.alias)));
  });

  router.patch('/:alias', async (req, res) => {
    const changes = parse(UpdateModelRequest, req.body);
    const model = await updateModel(db.em(), { actorId: principalOf(req).userId, alias: req.params.alias, changes });
    announceChange(parts);
    res.json(presentModel(model));
  });

  router.delete('/:alias', async (req, res) => {
    const { alias } = req.params;
    await deleteModel(db.em(), { actorId: principalOf(req).userId, alias });
    announceChange(parts);
    res.json({ id: alias, object: 'model', deleted: true });
  });

  router.put('/:alias/price', async (req, res) => {
    const price = parse(Price, req.body);
    const model = await setPrice(db.em(), { actorId: principalOf(req).userId, alias: req.params.alias, price, now: clock() });
    announceChange(parts);
    res.json(presentModel(model));
  });

  router.get('/:alias/prices', async (req, res) => {
    const query = parse(ListQuery, req.query);
    res.json(presentList(await listPrices(db.em(), req.params.alias, query), query.limit));
  });

  return router;
}

const tags = ['Administration: models'];

export const adminModelPaths: ZodOpenApiPathsObject = {
  '/v1/admin/models': {
    get: operation({ tags, summary: 'List models', requestParams: { query: ListQuery }, responses: answers({ 200: listOf(ModelObject) }) }),
    post: operation({
      tags,
      summary: 'Add a model: an alias, its ordered routes and its price',
      requestParams: idempotencyHeader,
      requestBody: body(CreateModelRequest),
      responses: answers({ 201: ModelObject }),
    }),
  },
  '/v1/admin/models/{alias}': {
    get: operation({ tags, summary: 'Show a model', requestParams: inPath('alias'), responses: answers({ 200: ModelObject }) }),
    patch: operation({
      tags,
      summary: 'Change, disable or enable a model',
      requestParams: inPath('alias'),
      requestBody: body(UpdateModelRequest),
      responses: answers({ 200: ModelObject }),
    }),
    delete: operation({
      tags,
      summary: 'Remove a model that no job has used',
      requestParams: inPath('alias'),
      responses: answers({ 200: DeletedModelObject }),
    }),
  },
  '/v1/admin/models/{alias}/price': {
    put: operation({
      tags,
      summary: 'Set the price: a new version',
      description: 'Jobs that were submitted keep the version they have.',
      requestParams: inPath('alias'),
      requestBody: body(Price),
      responses: answers({ 200: ModelObject }),
    }),
  },
  '/v1/admin/models/{alias}/prices': {
    get: operation({
      tags,
      summary: 'List the versions of the price',
      requestParams: { ...inPath('alias'), query: ListQuery },
      responses: answers({ 200: listOf(PriceVersionObject) }),
    }),
  },
};
