import { Scope, type Role } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import type { Principal } from './principal.ts';
import { hashSecret } from './secrets.ts';

/** Whoever is signed in may do all that their role may. */
const sessionScopes: Record<Role, Scope[]> = {
  user: Scope.options.filter((scope) => !scope.startsWith('admin:')),
  admin: Scope.options,
};

/**
 * Who an API key stands for; null when it is unknown, revoked or expired, or its user is disabled. Notes the use, at most once
 * a minute.
 */
export async function findPrincipalByApiKey(em: EntityManager, { secret, now }: { secret: string; now: Date }): Promise<Principal | null> {
  const [found] = await execute<Principal>(
    em,
    sql`with found as (
          select k.id, k.user_id, k.scopes, k.requests_per_minute, k.last_used_at, u.role
          from api_keys k join users u on u.id = k.user_id
          where k.hash = ${hashSecret(secret)} and k.revoked_at is null and (k.expires_at is null or k.expires_at > ${now}) and u.disabled_at is null
        ), used as (
          update api_keys set last_used_at = ${now} from found
          where api_keys.id = found.id and (found.last_used_at is null or found.last_used_at < ${now}::timestamptz - interval '1 minute')
        )
        select user_id as "userId", role, id as "apiKeyId", scopes, requests_per_minute as "requestsPerMinute" from found`,
  );
  return found ?? null;
}

/** Who a session stands for; null when it was ended or its user is disabled. */
export async function findPrincipalBySession(
  em: EntityManager,
  { userId, family }: { userId: string; family: string },
): Promise<Principal | null> {
  const [found] = await execute<{ role: Role }>(
    em,
    sql`select role from users where id = ${userId} and disabled_at is null
        and exists (select 1 from refresh_tokens where family = ${family} and user_id = users.id and revoked_at is null)`,
  );
  return found ? principalOfUser(userId, found.role) : null;
}

/** What a user may do who is signed in, here or in the product that Sluice serves. */
export function principalOfUser(userId: string, role: Role): Principal {
  return { userId, role, apiKeyId: null, scopes: sessionScopes[role], requestsPerMinute: null };
}
