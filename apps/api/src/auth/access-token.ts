import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';

export const accessTokenS = 15 * 60;

/** Ours alone: the key is derived for this one use, so no other token of this service can pass for an access token. */
export const ownTokens = { algorithm: 'HS256', issuer: 'sluice', audience: 'sluice-api' } as const;

/** The key that signs access tokens. A KeyObject, because jsonwebtoken takes 100 microseconds a request to look at a string. */
export function deriveTokenKey(secretKey: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', secretKey, '', 'sluice access token', 32)));
}

interface AccessToken {
  key: KeyObject;
  userId: string;
  /** The session it belongs to, and ends with. */
  family: string;
  now: Date;
}

/** A token that lives 15 minutes, and no longer than its session. */
export function issueAccessToken({ key, userId, family, now }: AccessToken): Promise<string> {
  const issuedAt = Math.floor(now.getTime() / 1000);
  return new SignJWT({ sid: family })
    .setProtectedHeader({ alg: ownTokens.algorithm, typ: 'JWT' })
    .setSubject(userId)
    .setIssuer(ownTokens.issuer)
    .setAudience(ownTokens.audience)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + accessTokenS)
    .sign(key);
}
