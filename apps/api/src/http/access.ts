import type { Scope } from '@sluice/contract';
import type { RateLimiter } from '@sluice/limits';
import type { Request, Response } from 'express';
import { limitCaller } from './limit-caller.ts';
import { requireAdmin, requireScope } from './principal.ts';

/** Who may call the routes of a mount: everybody, or a credential with the area's read or write scope. `admin` needs the role too. */
export type Access = 'public' | 'jobs' | 'account' | 'admin';

/** Sets the caller of a request. @throws AppError for whoever is not known, or may not call now */
export type Guard = (req: Request, res: Response) => Promise<void>;

interface GuardParts {
  authenticate: Guard;
  limiter: RateLimiter;
}

/** What stands before the routes of a mount: who calls, how often, and whether they may. */
export function guardOf(access: Access, { authenticate, limiter }: GuardParts): Guard {
  if (access === 'public') return () => Promise.resolve();
  const scopes: Record<'read' | 'write', Scope> = { read: `${access}:read`, write: `${access}:write` };
  return async (req, res) => {
    if (access === 'jobs' && bringsTicket(req)) return;
    await authenticate(req, res);
    await limitCaller(limiter, req, res);
    // Reading takes the area's read scope, all else its write scope.
    requireScope(req, req.method === 'GET' || req.method === 'HEAD' ? scopes.read : scopes.write);
    if (access === 'admin') requireAdmin(req);
  };
}

/** A browser's EventSource can send no header. The stream's own route checks the ticket, which opens that one job. */
function bringsTicket(req: Request): boolean {
  return req.method === 'GET' && req.path.endsWith('/events') && req.query['ticket'] !== undefined;
}
