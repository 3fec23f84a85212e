import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import { hashSecret } from './secrets.ts';

/** Ends the session of a refresh token: all its tokens, and within 10 s its access tokens. An unknown token changes nothing. */
export async function logOut(em: EntityManager, { refreshToken, now }: { refreshToken: string; now: Date }): Promise<void> {
  await execute(
    em,
    sql`update refresh_tokens set revoked_at = ${now}
        where family = (select family from refresh_tokens where hash = ${hashSecret(refreshToken)}) and revoked_at is null`,
  );
}
