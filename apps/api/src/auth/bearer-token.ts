import type { Request } from 'express';

/** Longer than any key or token that is ours; a longer one is not worth a hash. */
const lengthMax = 4096;

/** The credential of a request: from `Authorization: Bearer`, and from nowhere else. A token in a URL would end up in logs. */
export function bearerTokenOf(req: Request): string | null {
  const match = /^bearer +([^\s,]+) *$/i.exec(req.headers.authorization ?? '');
  const token = match?.[1] ?? null;
  return token !== null && token.length <= lengthMax ? token : null;
}
