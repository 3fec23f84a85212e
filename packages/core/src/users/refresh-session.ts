import { AppError } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, inTransaction, sql } from '../database/index.ts';
import { openSession, type Session } from './open-session.ts';
import { hashSecret } from './secrets.ts';
import { User } from './user.entity.ts';

/** Two tabs of one browser may send the same token at once; both get on. */
const graceMs = 10_000;

export interface RefreshTokenRow {
  family: string;
  userId: string;
  expiresAt: Date;
  usedAt: Date | null;
  revokedAt: Date | null;
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
    switch (decideRefresh(token, now)) {
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
export function decideRefresh({ expiresAt, usedAt, revokedAt }: RefreshTokenRow, now: Date): 'renew' | 'refuse' | 'end-family' {
  if (revokedAt || expiresAt <= now) return 'refuse';
  if (!usedAt || now.getTime() - usedAt.getTime() <= graceMs) return 'renew';
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

async function lockToken(tx: EntityManager, hash: Buffer): Promise<RefreshTokenRow | null> {
  const [token] = await execute<RefreshTokenRow>(
    tx,
    sql`select family, user_id as "userId", expires_at as "expiresAt", used_at as "usedAt", revoked_at as "revokedAt"
        from refresh_tokens where hash = ${hash} for update`,
  );
  return token ?? null;
}
