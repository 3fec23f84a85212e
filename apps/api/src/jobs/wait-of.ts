import { AppError } from '@sluice/platform';
import type { Request } from 'express';

const longestWaitS = 60;

/**
 * How long the caller wants to wait for the job's end: `?wait=` or `Prefer: wait=`, in seconds; 0 when it does not.
 * @throws AppError invalid_request
 */
export function waitMsOf(req: Request): number {
  const preferred = /(?:^|[,;\s])wait=(\d+)/i.exec(req.get('prefer') ?? '')?.[1];
  const wanted = req.query['wait'] ?? preferred;
  if (wanted === undefined) return 0;
  const seconds = typeof wanted === 'string' && /^\d{1,2}$/.test(wanted) ? Number(wanted) : Number.NaN;
  if (seconds >= 0 && seconds <= longestWaitS) return seconds * 1000;
  throw new AppError('invalid_request', `wait: must be a whole number of seconds from 0 to ${longestWaitS}`, {
    param: 'wait',
    faults: [{ path: 'wait', message: `must be a whole number of seconds from 0 to ${longestWaitS}` }],
  });
}
