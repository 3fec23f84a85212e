/** What a strategy says beside the principal: the credential itself ends then, in milliseconds since 1970. */
export interface ValidUntil {
  validUntilMs: number;
}

/** From the `exp` of a token. */
export function validUntil(expS: number): ValidUntil {
  return { validUntilMs: expS * 1000 };
}

export function isValidUntil(info: unknown): info is ValidUntil {
  return typeof info === 'object' && info !== null && 'validUntilMs' in info && typeof info.validUntilMs === 'number';
}
