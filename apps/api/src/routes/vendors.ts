import { SetUpVendorRequest, VendorList, VendorObject, VendorSetUpObject } from '@sluice/contract';
import { getVendor, listVendors, setUpVendor, type Database, type Vault } from '@sluice/core';
import type { Clock, Settings } from '@sluice/platform';
import { Router } from 'express';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { answers, body, inPath, operation } from '../http/describe-route.ts';
import { parse } from '../http/parse.ts';
import { principalOf } from '../http/principal.ts';
import { announceChange, type ChangeParts } from '../providers/announce-change.ts';
import { creditRatesOf } from '../providers/credit-rates.ts';

export interface VendorRoutesParts extends ChangeParts {
  db: Database;
  vault: Vault;
  clock: Clock;
  settings: Settings;
}

/** The vendors of the catalogue, and setting one up from a key, for administrators. */
export function vendorRoutes(parts: VendorRoutesParts): Router {
  const { db, vault, clock, settings } = parts;
  const router = Router();

  router.get('/', async (_req, res) => {
    res.json({ object: 'list', data: await listVendors(db.em()) });
  });

  router.get('/:id', async (req, res) => {
    res.json(await getVendor(db.em(), req.params.id));
  });

  router.post('/:id', async (req, res) => {
    const request = parse(SetUpVendorRequest, req.body ?? {});
    const done = await setUpVendor(db.em(), {
      vault,
      actorId: principalOf(req).userId,
      vendorId: req.params.id,
      request,
      rates: creditRatesOf(settings),
      now: clock(),
    });
    announceChange(parts);
    const { provider, key, models, providerId } = done;
    const vendor = await getVendor(db.em(), req.params.id);
    res.status(provider === 'created' ? 201 : 200).location(`/v1/admin/providers/${providerId}`);
    res.json({ object: 'vendor_set_up', provider, key, models, vendor } satisfies VendorSetUpObject);
  });

  return router;
}

const tags = ['Administration: providers'];

export const vendorPaths: ZodOpenApiPathsObject = {
  '/v1/admin/vendors': {
    get: operation({ tags, summary: 'List the vendors of the catalogue, and which are set up', responses: answers({ 200: VendorList }) }),
  },
  '/v1/admin/vendors/{id}': {
    get: operation({ tags, summary: 'Show a vendor', requestParams: inPath('id'), responses: answers({ 200: VendorObject }) }),
    post: operation({
      tags,
      summary: 'Set up a vendor from one key: provider, key, models and prices',
      description:
        'Safe to repeat: it adds what is missing and overwrites nothing that you changed, disabled or removed. Prices are list prices in credits, by `CREDITS_PER_CNY` and `CREDITS_PER_USD`.',
      requestParams: inPath('id'),
      requestBody: body(SetUpVendorRequest),
      responses: answers({ 200: VendorSetUpObject, 201: VendorSetUpObject }),
    }),
  },
};
