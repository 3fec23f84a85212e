import { PublicModelList, PublicModelObject } from '@sluice/contract';
import { getOfferedModel, listOfferedModels, presentPublicModel, type Database } from '@sluice/core';
import { Router } from 'express';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { answers, inPath, openAiOperation } from '../http/describe-route.ts';
import { principalOf } from '../http/principal.ts';

/** The models that callers may name, as OpenAI's SDKs read them. */
export function modelRoutes({ db }: { db: Database }): Router {
  const router = Router();

  router.get('/', async (req, res) => {
    principalOf(req);
    const models = await listOfferedModels(db.em());
    res.json({ object: 'list', data: models.map(presentPublicModel) });
  });

  // `default:text` shows the model that stands for it. An alias may hold slashes: OpenAI's SDKs send them percent-encoded.
  router.get('/:alias', async (req, res) => {
    principalOf(req);
    res.json(presentPublicModel(await getOfferedModel(db.em(), req.params.alias)));
  });

  return router;
}

const tags = ['Models'];

export const modelPaths: ZodOpenApiPathsObject = {
  '/v1/models': {
    get: openAiOperation({
      tags,
      summary: 'List the models you may ask',
      description: 'All of them, without pages.',
      responses: answers({ 200: PublicModelList }),
    }),
  },
  '/v1/models/{alias}': {
    get: openAiOperation({
      tags,
      summary: 'Show a model, by its name or by `default:` and a capability',
      requestParams: inPath('alias'),
      responses: answers({ 200: PublicModelObject }),
    }),
  },
};
