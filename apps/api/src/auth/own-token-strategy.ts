import type { KeyObject } from 'node:crypto';
import type { Principal } from '@sluice/core';
import { Strategy } from 'passport-jwt';
import { z } from 'zod';
import { ownTokens } from './access-token.ts';
import { bearerTokenOf } from './bearer-token.ts';
import { asJwtKey } from './jwt-key.ts';
import { validUntil } from './valid-until.ts';

const Claims = z.object({ sub: z.string().max(64), sid: z.uuid(), exp: z.number() });

/** The passport strategy for the access tokens of people who signed in here. */
export function ownTokenStrategy(
  key: KeyObject,
  find: (session: { userId: string; family: string }) => Promise<Principal | null>,
): Strategy {
  const { algorithm, issuer, audience } = ownTokens;
  return new Strategy(
    { jwtFromRequest: bearerTokenOf, secretOrKey: asJwtKey(key), algorithms: [algorithm], issuer, audience },
    (payload: unknown, done) => {
      const claims = Claims.safeParse(payload);
      if (!claims.success) return done(null, false);
      const { sub: userId, sid: family, exp } = claims.data;
      find({ userId, family }).then((principal) => done(null, principal ?? false, validUntil(exp)), done);
    },
  );
}
