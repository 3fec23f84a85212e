import { hash } from 'node:crypto';
import { findPrincipalByApiKey, findPrincipalBySession, provisionUser, type Database } from '@sluice/core';
import { AppConfigError, AppError, type Clock, type Settings } from '@sluice/platform';
import type { Request, Response } from 'express';
import { decodeProtectedHeader } from 'jose';
import { Passport } from 'passport';
import type { Guard } from '../http/access.ts';
import { deriveTokenKey, ownTokens } from './access-token.ts';
import { apiKeyStrategy } from './api-key-strategy.ts';
import { bearerTokenOf } from './bearer-token.ts';
import { ownTokenStrategy } from './own-token-strategy.ts';
import { createPrincipalCache, type Recognised } from './principal-cache.ts';
import { createProductKeys } from './product-keys.ts';
import { productTokenStrategy, type ProductIssuer } from './product-token-strategy.ts';
import { isValidUntil } from './valid-until.ts';

type Authenticator = InstanceType<typeof Passport>;

export interface AuthenticateParts {
  db: Database;
  clock: Clock;
  secretKey: string;
  settings: Pick<Settings, 'JWT_ISSUER' | 'JWT_AUDIENCE' | 'JWT_JWKS_URL'>;
}

/**
 * Sets the caller of a request from its API key or token; whoever has neither, or a wrong, expired or revoked one, is refused.
 * What is known is remembered for at most 10 s, so a revoked key or a disabled user is out by then.
 */
export function createAuthenticate(parts: AuthenticateParts): Guard {
  const product = productIssuerOf(parts.settings);
  const passport = createPassport(parts, product);
  const cache = createPrincipalCache(parts);
  return async (req, res) => {
    const token = bearerTokenOf(req);
    if (token === null) throw new AppError('unauthenticated', 'Send an API key or an access token as: Authorization: Bearer ...');
    const key = hash('sha256', token, 'base64');
    const principal = await cache.find(key, () => recognise(passport, strategyFor(token, product), req, res));
    if (!principal) throw new AppError('unauthenticated', 'This API key or token is wrong, expired or revoked.');
    req.user = principal;
  };
}

function createPassport({ db, clock, secretKey }: AuthenticateParts, product: ProductIssuer | null): Authenticator {
  const passport = new Passport();
  passport.use(
    'api-key',
    apiKeyStrategy((secret) => findPrincipalByApiKey(db.em(), { secret, now: clock() })),
  );
  passport.use(
    'own-token',
    ownTokenStrategy(deriveTokenKey(secretKey), (session) => findPrincipalBySession(db.em(), session)),
  );
  if (product)
    passport.use(
      'product-token',
      productTokenStrategy(product, (subject) => provisionUser(db.em(), { ...subject, now: clock() })),
    );
  return passport;
}

/** Ours are the only tokens with a shared secret; each strategy then checks the algorithm, the issuer and the audience itself. */
function strategyFor(token: string, product: ProductIssuer | null): string {
  if (token.startsWith('sk-')) return 'api-key';
  return product && algorithmOf(token) !== ownTokens.algorithm ? 'product-token' : 'own-token';
}

function algorithmOf(token: string): string | undefined {
  try {
    return decodeProtectedHeader(token).alg;
  } catch {
    return undefined;
  }
}

/** Runs one strategy, and tells a credential that is wrong (null) from one that could not be checked (rejected). */
function recognise(passport: Authenticator, strategy: string, req: Request, res: Response): Promise<Recognised | null> {
  return new Promise((resolve, reject) => {
    const done = (error: unknown, principal?: Express.User | false | null, info?: unknown): void => {
      if (error) reject(error);
      else if (info instanceof AppError) reject(info);
      else resolve(principal ? { principal, validUntilMs: isValidUntil(info) ? info.validUntilMs : null } : null);
    };
    passport.authenticate(strategy, { session: false }, done)(req, res, reject);
  });
}

function productIssuerOf({
  JWT_ISSUER: issuer,
  JWT_AUDIENCE: audience,
  JWT_JWKS_URL: jwksUrl,
}: AuthenticateParts['settings']): ProductIssuer | null {
  if (!issuer && !audience && !jwksUrl) return null;
  if (issuer && audience && jwksUrl) return { issuer, audience, findKey: createProductKeys(jwksUrl) };
  throw new AppConfigError(['JWT_ISSUER, JWT_AUDIENCE and JWT_JWKS_URL: set all three, or none']);
}
