import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';

/** Ends every session of these users. The caller has locked or changed their rows before, see `openSession`. */
export async function endSessions(tx: EntityManager, userIds: string[], now: Date): Promise<void> {
  await execute(tx, sql`update refresh_tokens set revoked_at = ${now} where user_id = any(${userIds}) and revoked_at is null`);
}
