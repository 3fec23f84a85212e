import type { UserObject } from '@sluice/contract';
import type { User } from './user.entity.ts';

/** A user as they and administrators see them. */
export function presentUser(user: User): UserObject {
  return {
    id: user.id,
    object: 'user',
    email: user.email ?? null,
    external_id: user.externalId ?? null,
    role: user.role,
    disabled: Boolean(user.disabledAt),
    created_at: user.createdAt.toISOString(),
  };
}
