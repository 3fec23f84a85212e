import { forgetTry, keyOfTry, type SurfaceRequest } from '@sluice/core';
import type { Request, Response } from 'express';
import { principalOf } from '../http/principal.ts';
import type { JobParts } from '../jobs/parts.ts';

/**
 * With RETRY_ATTACH: a key for a background create of an OpenAI SDK, which counts its tries but sends no idempotency key, so that
 * a create whose answer was lost is not made again. Null for everybody else; a foreground call ends with its connection.
 */
export async function findRetryKey(parts: JobParts, req: Request, res: Response, { surface }: SurfaceRequest): Promise<string | null> {
  const count = req.get('x-stainless-retry-count');
  if (parts.settings.RETRY_ATTACH === 'off' || !surface.isBackground || count === undefined || !/^\d{1,3}$/.test(count)) return null;
  const { userId, apiKeyId } = principalOf(req);
  const key = await keyOfTry(parts.db.em(), { userId, apiKeyId, route: req.originalUrl, body: req.body as unknown, retry: Number(count) });
  res.once('finish', () => {
    forgetTry(parts.db.em(), key).catch((err: unknown) => parts.log.warn({ err }, 'a delivered create stays open for its retry'));
  });
  return key;
}
