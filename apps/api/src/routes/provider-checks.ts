import { ProviderTestObject, TestProviderRequest, VendorModelList } from '@sluice/contract';
import { Router } from 'express';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { answers, body, inPath, operation } from '../http/describe-route.ts';
import { parse } from '../http/parse.ts';
import { listProviderModels } from '../providers/list-provider-models.ts';
import { testProvider, type ProviderCheckParts } from '../providers/test-provider.ts';

/** Asks a provider itself, for administrators: does it answer, and what does it have. */
export function providerCheckRoutes(parts: ProviderCheckParts): Router {
  const router = Router();

  router.post('/:id/test', async (req, res) => {
    res.json(await testProvider(parts, req.params.id, parse(TestProviderRequest, req.body ?? {})));
  });

  router.get('/:id/models', async (req, res) => {
    res.json({ object: 'list', data: await listProviderModels(parts, req.params.id) });
  });

  return router;
}

const tags = ['Administration: providers'];

export const providerCheckPaths: ZodOpenApiPathsObject = {
  '/v1/admin/providers/{id}/test': {
    post: operation({
      tags,
      summary: 'Make a real call of one token',
      description: "Tells the latency, or the vendor's error in its own words.",
      requestParams: inPath('id'),
      requestBody: body(TestProviderRequest),
      responses: answers({ 200: ProviderTestObject }),
    }),
  },
  '/v1/admin/providers/{id}/models': {
    get: operation({
      tags,
      summary: "List the vendor's own models",
      description: 'With a price, `suggested` is what POST /v1/admin/models takes.',
      requestParams: inPath('id'),
      responses: answers({ 200: VendorModelList }),
    }),
  },
};
