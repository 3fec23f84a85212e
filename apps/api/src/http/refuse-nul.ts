import { AppError } from '@sluice/platform';
import type { RequestHandler } from 'express';

/** PostgreSQL cannot store NUL, so no id, cursor or filter can hold one; refused once, here, for every path and query. */
export const refuseNul: RequestHandler = (req, _res, next) => {
  if (req.url.includes('%00')) throw new AppError('invalid_request', 'The URL contains a NUL character.');
  next();
};
