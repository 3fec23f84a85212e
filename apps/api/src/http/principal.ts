import type { Scope } from '@sluice/contract';
import type { Principal } from '@sluice/core';
import { AppError } from '@sluice/platform';
import type { Request } from 'express';
import type {} from 'passport';

export type { Principal };

declare global {
  namespace Express {
    interface User extends Principal {}
  }
}

/** Who calls. Every route but the public ones has one. */
export function principalOf(req: Request): Principal {
  if (!req.user) throw new AppError('unauthenticated', 'Send an API key or an access token as: Authorization: Bearer ...');
  return req.user;
}

/** Lets administrators through, and nobody else. */
export function requireAdmin(req: Request): void {
  if (principalOf(req).role !== 'admin') throw new AppError('forbidden', 'This needs an administrator.');
}

/** Lets a credential with this scope through. */
export function requireScope(req: Request, scope: Scope): void {
  if (!principalOf(req).scopes.includes(scope)) throw new AppError('forbidden', `This key lacks the scope ${scope}.`);
}
