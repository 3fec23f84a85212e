import { DefaultModelList, DefaultModelObject, ModelCapability, SetDefaultModelRequest } from '@sluice/contract';
import { listDefaultModels, setDefaultModel, type Database } from '@sluice/core';
import { notFound } from '@sluice/platform';
import { Router } from 'express';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { answers, body, inPath, operation } from '../http/describe-route.ts';
import { parse } from '../http/parse.ts';
import { principalOf } from '../http/principal.ts';
import { announceChange, type ChangeParts } from '../providers/announce-change.ts';

interface DefaultModelRoutesParts extends ChangeParts {
  db: Database;
}

/** Which model stands for a capability, for administrators. */
export function defaultModelRoutes(parts: DefaultModelRoutesParts): Router {
  const router = Router();

  router.get('/', async (_req, res) => {
    const known = new Map((await listDefaultModels(parts.db.em())).map(({ capability, alias }) => [capability, alias]));
    const data = ModelCapability.options.map((id): DefaultModelObject => ({ id, object: 'default_model', model: known.get(id) ?? null }));
    res.json({ object: 'list', data });
  });

  router.put('/:capability', async (req, res) => {
    const capability = ModelCapability.safeParse(req.params.capability);
    if (!capability.success) throw notFound('capability');
    const { model } = parse(SetDefaultModelRequest, req.body);
    await setDefaultModel(parts.db.em(), { actorId: principalOf(req).userId, capability: capability.data, alias: model });
    announceChange(parts);
    res.json({ id: capability.data, object: 'default_model', model } satisfies DefaultModelObject);
  });

  return router;
}

const tags = ['Administration: models'];

export const defaultModelPaths: ZodOpenApiPathsObject = {
  '/v1/admin/default-models': {
    get: operation({ tags, summary: 'Show which model stands for each capability', responses: answers({ 200: DefaultModelList }) }),
  },
  '/v1/admin/default-models/{capability}': {
    put: operation({
      tags,
      summary: 'Say which model `default:<capability>` is',
      requestParams: inPath('capability'),
      requestBody: body(SetDefaultModelRequest),
      responses: answers({ 200: DefaultModelObject }),
    }),
  },
};
