import { BlockList, isIPv6 } from 'node:net';
import { AppError, findStuck, type Clock, type Probe } from '@sluice/platform';
import { Router, type RequestHandler } from 'express';
import type { Registry } from 'prom-client';
import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import type { Drain } from '../http/drain.ts';

/** Something a request needs: `/readyz` fails when `check` rejects or does not answer. */
export interface ReadyCheck {
  name: string;
  check(): Promise<void>;
}

export interface HealthRoutesParts {
  clock: Clock;
  drain: Drain;
  probes: Probe[];
  readyChecks: ReadyCheck[];
  registry: Registry;
}

const checkMs = 2000;

/** Is it alive, is it ready, what does it measure. */
export function healthRoutes({ clock, drain, probes, readyChecks, registry }: HealthRoutesParts): Router {
  const router = Router();

  router.get('/livez', (_req, res) => {
    const stuck = findStuck(probes, clock().getTime());
    res.status(stuck.length > 0 ? 503 : 200).json({ status: stuck.length > 0 ? 'stuck' : 'alive', stuck });
  });

  router.get('/readyz', async (_req, res) => {
    const results = await Promise.all(readyChecks.map(async ({ name, check }) => ((await answers(check)) ? [] : [name])));
    const failing = [...results.flat(), ...(drain.isDraining() ? ['draining'] : [])];
    res.status(failing.length > 0 ? 503 : 200).json({ status: failing.length > 0 ? 'not ready' : 'ready', failing });
  });

  router.get('/metrics', fromInside, async (_req, res) => {
    res.type(registry.contentType).send(await registry.metrics());
  });

  return router;
}

/** A check that hangs, as on a half-open connection, is one that fails. */
async function answers(check: () => Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), checkMs)));
  const answered = check().then(
    () => true,
    () => false,
  );
  return Promise.race([answered, timeUp]).finally(() => clearTimeout(timer));
}

const inside = new BlockList();
for (const [network, prefix] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const)
  inside.addSubnet(network, prefix, 'ipv4');
inside.addAddress('::1', 'ipv6');
inside.addSubnet('fc00::', 7, 'ipv6');

/** Figures are for the scraper next door, not for the world: to a public address there is no such route. */
const fromInside: RequestHandler = (req, _res, next) => {
  const address = req.ip ?? '';
  if (!inside.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')) throw new AppError('not_found', 'There is no such route.');
  next();
};

const json = (description: string) => ({ description, content: { 'application/json': { schema: z.object({ status: z.string() }) } } });
const isPublic = { tags: ['Operation'], security: [] };

export const healthPaths: ZodOpenApiPathsObject = {
  '/livez': {
    get: { ...isPublic, summary: 'Is it alive', responses: { 200: json('Its loops go on'), 503: json('A loop is stuck; restart it') } },
  },
  '/readyz': {
    get: { ...isPublic, summary: 'Is it ready', responses: { 200: json('Send requests'), 503: json('Send requests elsewhere') } },
  },
  '/metrics': {
    get: { ...isPublic, summary: 'Figures for Prometheus; to private addresses only', responses: { 200: { description: 'Text' } } },
  },
};
