import { ChangePasswordRequest, MeObject } from '@sluice/contract';
import { changePassword, getUser, getWallet, presentUser, presentWallet, type Database } from '@sluice/core';
import type { RateLimiter } from '@sluice/limits';
import type { Clock } from '@sluice/platform';
import { Router } from 'express';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { answers, body, operation } from '../http/describe-route.ts';
import { takeOrThrow } from '../http/limit-caller.ts';
import { parse } from '../http/parse.ts';
import { principalOf } from '../http/principal.ts';

interface MeRoutesParts {
  db: Database;
  clock: Clock;
  limiter: RateLimiter;
}

const triesPerMinute = 10;

/** Who the caller is, and what they have. */
export function meRoutes({ db, clock, limiter }: MeRoutesParts): Router {
  const router = Router();

  router.get('/', async (req, res) => {
    const { userId } = principalOf(req);
    const em = db.em();
    res.json({ user: presentUser(await getUser(em, userId)), wallet: presentWallet(await getWallet(em, userId)) });
  });

  router.post('/password', async (req, res) => {
    const { userId } = principalOf(req);
    const request = parse(ChangePasswordRequest, req.body);
    await takeOrThrow(limiter, `password:${userId}`, triesPerMinute);
    await changePassword(db.em(), { userId, request, now: clock() });
    res.status(204).end();
  });

  return router;
}

const tags = ['Account'];

export const mePaths: ZodOpenApiPathsObject = {
  '/v1/me': { get: operation({ tags, summary: 'Who you are and what you have', responses: answers({ 200: MeObject }) }) },
  '/v1/me/password': {
    post: operation({
      tags,
      summary: 'Change your password; every session ends',
      requestBody: body(ChangePasswordRequest),
      responses: answers({ 204: null }),
    }),
  },
};
