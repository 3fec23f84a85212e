import { AppError } from '@sluice/platform';
import type { Request } from 'express';

/** The Idempotency-Key header, or null: 1 to 255 printable ASCII characters. */
export function idempotencyKeyOf(req: Request): string | null {
  const key = req.get('idempotency-key');
  if (key === undefined) return null;
  if (/^[\x20-\x7e]{1,255}$/.test(key)) return key;
  throw new AppError('invalid_request', 'Idempotency-Key: must be 1 to 255 printable ASCII characters', { param: 'Idempotency-Key' });
}
