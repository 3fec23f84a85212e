import { LoginRequest, RefreshRequest, RegisterRequest, SessionObject } from '@sluice/contract';
import { logIn, logOut, presentUser, refreshSession, register, type Database, type Session } from '@sluice/core';
import type { RateLimiter } from '@sluice/limits';
import { AppError, type Clock, type Settings } from '@sluice/platform';
import { Router } from 'express';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { accessTokenS, deriveTokenKey, issueAccessToken } from '../auth/access-token.ts';
import { answers, body, operation } from '../http/describe-route.ts';
import { takeOrThrow } from '../http/limit-caller.ts';
import { parse } from '../http/parse.ts';

export interface AuthRoutesParts {
  db: Database;
  clock: Clock;
  secretKey: string;
  settings: Settings;
  limiter: RateLimiter;
}

/** A person types a password wrong now and then; a program that guesses comes far more often. */
const triesPerMinute = 10;

/** Signing up, in, on and out. */
export function authRoutes({ db, clock, secretKey, settings, limiter }: AuthRoutesParts): Router {
  const router = Router();
  const key = deriveTokenKey(secretKey);

  async function present(session: Session): Promise<SessionObject> {
    const { user, family, refreshToken, refreshExpiresAt } = session;
    return {
      object: 'session',
      access_token: await issueAccessToken({ key, userId: user.id, family, now: clock() }),
      token_type: 'Bearer',
      expires_in: accessTokenS,
      refresh_token: refreshToken,
      refresh_expires_at: refreshExpiresAt.toISOString(),
      user: presentUser(user),
    };
  }

  router.post('/register', async (req, res) => {
    const request = parse(RegisterRequest, req.body);
    if (settings.REGISTRATION !== 'open') throw new AppError('forbidden', 'Registration is closed. Ask an administrator for an account.');
    await takeOrThrow(limiter, `register:${req.ip}`, triesPerMinute);
    res.status(201).json(await present(await register(db.em(), { ...request, now: clock() })));
  });

  router.post('/login', async (req, res) => {
    const request = parse(LoginRequest, req.body);
    await takeOrThrow(limiter, `login:${req.ip}:${request.email}`, triesPerMinute);
    res.json(await present(await logIn(db.em(), { ...request, now: clock() })));
  });

  router.post('/refresh', async (req, res) => {
    const { refresh_token: refreshToken } = parse(RefreshRequest, req.body);
    res.json(await present(await refreshSession(db.em(), { refreshToken, now: clock() })));
  });

  router.post('/logout', async (req, res) => {
    const { refresh_token: refreshToken } = parse(RefreshRequest, req.body);
    await logOut(db.em(), { refreshToken, now: clock() });
    res.status(204).end();
  });

  return router;
}

const isPublic = { tags: ['Sign-in'], security: [] };

export const authPaths: ZodOpenApiPathsObject = {
  '/v1/auth/register': {
    post: operation({
      ...isPublic,
      summary: 'Sign up, if registration is open',
      requestBody: body(RegisterRequest),
      responses: answers({ 201: SessionObject }),
    }),
  },
  '/v1/auth/login': {
    post: operation({ ...isPublic, summary: 'Sign in', requestBody: body(LoginRequest), responses: answers({ 200: SessionObject }) }),
  },
  '/v1/auth/refresh': {
    post: operation({
      ...isPublic,
      summary: 'Take the next tokens of a session',
      description: 'A refresh token is good for one use. One that comes again later than 10 s after its use ends the whole session.',
      requestBody: body(RefreshRequest),
      responses: answers({ 200: SessionObject }),
    }),
  },
  '/v1/auth/logout': {
    post: operation({ ...isPublic, summary: 'End a session', requestBody: body(RefreshRequest), responses: answers({ 204: null }) }),
  },
};
