import type { Scope } from '@sluice/contract';
import type { RateLimiter } from '@sluice/limits';
import { Router, type Request, type RequestHandler } from 'express';
import { limitCaller } from './limit-caller.ts';
import { requireAdmin, requireScope } from './principal.ts';

/** Who may call the routes of a mount: everybody, or a credential with the area's read or write scope. `admin` needs the role too. */
export type Access = 'public' | 'jobs' | 'account' | 'admin';

interface GuardParts {
  authenticate: RequestHandler;
  limiter: RateLimiter;
}

/** What stands before the routes of a mount: who calls, how often, and whether they may. */
export function guardOf(access: Access, { authenticate, limiter }: GuardParts): RequestHandler {
  const guard = Router();
  if (access === 'public') return guard;
  if (access === 'jobs') guard.use((req, _res, next) => (bringsTicket(req) ? next('router') : next()));
  guard.use(authenticate, limitCaller(limiter), requireAreaScope(access));
  if (access === 'admin') guard.use(requireAdmin);
  return guard;
}

/** A browser's EventSource can send no header. The stream's own route checks the ticket, which opens that one job. */
function bringsTicket(req: Request): boolean {
  return req.method === 'GET' && req.path.endsWith('/events') && req.query['ticket'] !== undefined;
}

/** Reading takes the area's read scope, all else its write scope. */
function requireAreaScope(area: Exclude<Access, 'public'>): RequestHandler {
  const scopes: Record<'read' | 'write', Scope> = { read: `${area}:read`, write: `${area}:write` };
  const read = requireScope(scopes.read);
  const write = requireScope(scopes.write);
  return (req, res, next) => (req.method === 'GET' || req.method === 'HEAD' ? read : write)(req, res, next);
}
