import { AppError } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, inTransaction, sql } from '../database/index.ts';
import { openSession, type Session } from './open-session.ts';
import { hashSecret } from './secrets.ts';
import { User } from './user.entity.ts';

/** Two tabs of one browser may send the same token at once; both get on. */
const graceMs = 10_000;

interface RefreshToken {
  family: string;
  isRevoked: boolean;
  /** Milliseconds since 1970, as `usedAtMs`. */
  expiresAtMs: number;
  usedAtMs: number | null;
}

/**
 * Takes a refresh token and gives the next one. A token that comes again after the grace time was copied: the whole family
 * ends, and the thief and the owner both have to sign in.
 * @throws AppError `unauthenticated`
 */
export async function refreshSession(em: EntityManager, { refreshToken, now }: { refreshToken: string; now: Date }): Promise<Session> {
  const hash = hashSecret(refreshToken);
  const session = await inTransaction(em, async (tx) => {
    const user = await lockOwner(tx, hash);
    const token = await lockToken(tx, hash);
    if (!user || !token) return null;
    switch (decideRefresh(token, now.getTime())) {
      case 'refuse':
        return null;
      case 'end-family':
        await execute(tx, sql`update refresh_tokens set revoked_at = ${now} where family = ${token.family} and revoked_at is null`);
        return null;
      case 'renew':
        await execute(tx, sql`update refresh_tokens set used_at = coalesce(used_at, ${now}) where hash = ${hash}`);
        return openSession(tx, { user, family: token.family, now });
    }
  });
  if (!session) throw new AppError('unauthenticated', 'This refresh token is not valid any more. Sign in again.');
  return session;
}

/** What becomes of a refresh token that is presented. */
function decideRefresh({ isRevoked, expiresAtMs, usedAtMs }: RefreshToken, nowMs: number): 'renew' | 'refuse' | 'end-family' {
  if (isRevoked || expiresAtMs <= nowMs) return 'refuse';
  if (usedAtMs === null || nowMs - usedAtMs <= graceMs) return 'renew';
  return 'end-family';
}

/** The user first, then the token: the order in which everybody locks them. */
async function lockOwner(tx: EntityManager, hash: Buffer): Promise<User | null> {
  const [owner] = await execute<{ id: string }>(
    tx,
    sql`select id from users where id = (select user_id from refresh_tokens where hash = ${hash}) and disabled_at is null for share`,
  );
  return owner ? tx.findOne(User, { id: owner.id }) : null;
}

async function lockToken(tx: EntityManager, hash: Buffer): Promise<RefreshToken | null> {
  const [token] = await execute<RefreshToken>(
    tx,
    sql`select family, revoked_at is not null as "isRevoked", (extract(epoch from expires_at) * 1000)::float8 as "expiresAtMs",
               (extract(epoch from used_at) * 1000)::float8 as "usedAtMs"
        from refresh_tokens where hash = ${hash} for update`,
  );
  return token ?? null;
}
