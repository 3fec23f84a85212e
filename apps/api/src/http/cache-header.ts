import { CacheTtlS, isEnd, type CacheRequest } from '@sluice/contract';
import type { JobView } from '@sluice/core';
import { AppError } from '@sluice/platform';
import type { Request, Response } from 'express';

const name = 'x-sluice-cache';

/**
 * What a request in OpenAI's words says of the result cache, which has no field there: `on`, `off` or `ttl=<seconds>`.
 * @throws AppError invalid_request
 */
export function cacheRequestOf(req: Request): CacheRequest | undefined {
  const said = req.get(name)?.trim().toLowerCase();
  if (said === undefined || said === '') return undefined;
  if (said === 'on' || said === 'off') return said === 'on';
  const ttl = CacheTtlS.safeParse(Number(/^ttl=(\d{1,9})$/.exec(said)?.[1]));
  if (ttl.success) return { ttl_s: ttl.data };
  throw new AppError('invalid_request', `${name}: must be on, off, or ttl=<seconds> with at most 2592000`, { param: name });
}

/** Says whether the answer is another job's, where the body cannot; nothing for a job that does not use the cache. */
export function setCacheHeader(res: Response, { status, cacheTtlS, cachedFrom }: JobView): void {
  if (!cacheTtlS || res.headersSent) return;
  const isHit = cachedFrom && isEnd(status);
  res.setHeader(name, cachedFrom ? `${isHit ? 'hit' : 'wait'}; job=${cachedFrom}` : 'miss');
}
