import { randomUUID } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import { hashSecret, newRefreshToken } from './secrets.ts';
import type { User } from './user.entity.ts';

const lifetimeMs = 30 * 24 * 3_600_000;

export interface Session {
  user: User;
  /** What all refresh tokens of one sign-in share. An access token names it, so that it ends with the session. */
  family: string;
  refreshToken: string;
  refreshExpiresAt: Date;
}

interface OpenSession {
  user: User;
  now: Date;
  family?: string;
}

/**
 * Writes the next refresh token of a session, or the first one of a new session. The caller has locked the user's row, at
 * least `for share`: whoever ends all sessions of a user locks it too, and so finds this token.
 */
export async function openSession(tx: EntityManager, { user, now, family = randomUUID() }: OpenSession): Promise<Session> {
  const refreshToken = newRefreshToken();
  const refreshExpiresAt = new Date(now.getTime() + lifetimeMs);
  await execute(tx, sql`delete from refresh_tokens where user_id = ${user.id} and expires_at < ${now}`);
  await execute(
    tx,
    sql`insert into refresh_tokens (hash, family, user_id, expires_at, created_at)
        values (${hashSecret(refreshToken)}, ${family}, ${user.id}, ${refreshExpiresAt}, ${now})`,
  );
  return { user, family, refreshToken, refreshExpiresAt };
}
