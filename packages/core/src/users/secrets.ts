import { createHash, randomBytes } from 'node:crypto';

/** A new API key: `sk-` and 192 random bits. */
export function newApiKeySecret(): string {
  return `sk-${randomBytes(24).toString('base64url')}`;
}

/** A new refresh token: `rt-` and 256 random bits. */
export function newRefreshToken(): string {
  return `rt-${randomBytes(32).toString('base64url')}`;
}

/** What is stored instead of a secret. It is random enough that a fast hash without salt tells nothing. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
