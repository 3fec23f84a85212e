import { KeyObject } from 'node:crypto';
import { AppError } from '@sluice/platform';
import { createRemoteJWKSet, customFetch, decodeProtectedHeader, errors, type FetchImplementation } from 'jose';

/** Signatures that anybody can check and only the issuer can make. */
export const productAlgorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'] as const;

const bytesMax = 1_000_000;
const rsaBitsMin = 2048;

/** Finds the key that a token of the product names. */
export type FindProductKey = (token: string) => Promise<KeyObject>;

/**
 * The public keys at a JWKS URL: fetched when first needed, kept 10 minutes, fetched again for an unknown `kid` at most every 30 s.
 * Throws for a token without a usable key; AppError `unavailable` when the keys cannot be had.
 */
export function createProductKeys(jwksUrl: string): FindProductKey {
  const find = createRemoteJWKSet(new URL(jwksUrl), {
    timeoutDuration: 5000,
    cooldownDuration: 30_000,
    cacheMaxAge: 600_000,
    [customFetch]: fetchSmall,
  });
  return async (token) => {
    const header = decodeProtectedHeader(token);
    const algorithm = productAlgorithms.find((accepted) => accepted === header.alg);
    // `crit` names extensions that must be understood, and none is.
    if (!algorithm || header.crit) throw new Error('the algorithm or an extension is not accepted');
    const key = KeyObject.from(await find({ ...header, alg: algorithm }).catch(refuse));
    if (key.type !== 'public' || (key.asymmetricKeyDetails?.modulusLength ?? rsaBitsMin) < rsaBitsMin)
      throw new Error('the key is not usable');
    return key;
  };
}

function refuse(error: unknown): never {
  if (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  )
    throw error;
  throw new AppError('unavailable', 'The keys of the token issuer cannot be fetched. Try again.', { cause: error, retryAfterMs: 1000 });
}

/** An issuer that answers endlessly must not fill the memory. */
const fetchSmall: FetchImplementation = async (url, options) => {
  const response = await fetch(url, options);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > bytesMax) throw new Error(`the JWKS is larger than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return new Response(Buffer.concat(chunks), { status: response.status, headers: response.headers });
};
