import { InitObject, InitRequest } from '@sluice/contract';
import { ensureDefaultModels, ensureTemplates, loadCatalogue, type DefaultModel, type LoadedVendor } from '@sluice/core';
import { Router } from 'express';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { answers, operation } from '../http/describe-route.ts';
import { parse } from '../http/parse.ts';
import { principalOf } from '../http/principal.ts';
import { announceChange } from '../providers/announce-change.ts';
import { creditRatesOf } from '../providers/credit-rates.ts';
import type { VendorRoutesParts } from './vendors.ts';

/** Loads what comes with the server: built-in templates, models of set-up vendors, default models. */
export function initRoutes(parts: VendorRoutesParts): Router {
  const { db, clock, settings } = parts;
  const router = Router();

  router.post('/', async (req, res) => {
    parse(InitRequest, req.body);
    const actorId = principalOf(req).userId;
    const now = clock();
    const templates = await ensureTemplates(db.em(), now);
    const vendors = await loadCatalogue(db.em(), { actorId, rates: creditRatesOf(settings), now });
    const defaults = await ensureDefaultModels(db.em(), actorId);
    announceChange(parts);
    const steps = [renderTemplates(templates), ...renderVendors(vendors), ...renderDefaults(defaults)];
    res.json({ object: 'init', changed: steps.some(({ changed }) => changed), steps } satisfies InitObject);
  });

  return router;
}

type Step = InitObject['steps'][number];

function renderTemplates(changed: number): Step {
  const message = changed === 0 ? 'Built-in templates: up to date' : `Built-in templates: ${changed} added or updated`;
  return { part: 'templates', changed: changed > 0, message };
}

function renderVendors(vendors: LoadedVendor[]): Step[] {
  if (vendors.length === 0)
    return [
      { part: 'models', changed: false, message: 'Models: no vendor is set up; see GET /v1/admin/vendors, or set OPENAI_API_KEY, ...' },
    ];
  return vendors.map(({ vendor, models }) => ({
    part: 'models',
    changed: models.length > 0,
    message: models.length === 0 ? `Models of ${vendor}: up to date` : `Models of ${vendor}: added ${models.join(', ')}`,
  }));
}

function renderDefaults(defaults: DefaultModel[]): Step[] {
  if (defaults.length === 0) return [{ part: 'default_models', changed: false, message: 'Default models: as they were' }];
  return defaults.map(({ capability, alias }) => ({
    part: 'default_models',
    changed: true,
    message: `default:${capability} is now ${alias}`,
  }));
}

export const initPaths: ZodOpenApiPathsObject = {
  '/v1/admin/init': {
    post: operation({
      tags: ['Administration: providers'],
      summary: 'Load the built-in templates, the models of set-up vendors, and default models',
      description:
        'What `sluice init` calls; again after an update. It answers what it did, a line each, and overwrites nothing that you changed, disabled or removed.',
      responses: answers({ 200: InitObject }),
    }),
  },
};
