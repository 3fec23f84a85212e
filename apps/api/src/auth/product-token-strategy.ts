import { Email, ExternalId } from '@sluice/contract';
import type { Principal } from '@sluice/core';
import { Strategy } from 'passport-jwt';
import { z } from 'zod';
import { bearerTokenOf } from './bearer-token.ts';
import { asJwtKey } from './jwt-key.ts';
import { productAlgorithms, type FindProductKey } from './product-keys.ts';
import { validUntil } from './valid-until.ts';

export interface ProductIssuer {
  issuer: string;
  audience: string;
  findKey: FindProductKey;
}

const Claims = z.object({ sub: ExternalId, exp: z.number(), email: Email.optional().catch(undefined) });

const clockToleranceS = 60;

/** The passport strategy for the tokens of the product that Sluice serves. A token that never expires is refused. */
export function productTokenStrategy(
  { issuer, audience, findKey }: ProductIssuer,
  provision: (subject: { externalId: string; email: string | null }) => Promise<Principal | null>,
): Strategy {
  return new Strategy(
    {
      jwtFromRequest: bearerTokenOf,
      secretOrKeyProvider: (_req, token: string, done) => void findKey(token).then((key) => done(null, asJwtKey(key)), done),
      algorithms: [...productAlgorithms],
      issuer,
      audience,
      jsonWebTokenOptions: { clockTolerance: clockToleranceS },
    },
    (payload: unknown, done) => {
      const claims = Claims.safeParse(payload);
      if (!claims.success) return done(null, false);
      const { sub: externalId, email = null, exp } = claims.data;
      provision({ externalId, email }).then((principal) => done(null, principal ?? false, validUntil(exp + clockToleranceS)), done);
    },
  );
}
