import { createBatcher } from '@sluice/platform';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';

/** That a user has a key for a provider, and why it is out of use, if it is. */
export interface KnownOwnKey {
  providerId: string;
  enabled: boolean;
  disabledReason: string | null;
}

/** The keys that users have brought, without their secrets. */
export interface OwnKeyDirectory {
  /** Every find looks at the rows, so that a key counts from the moment it is stored. */
  find(userId: string): Promise<KnownOwnKey[]>;
}

/** Rows of one bulk or batch ask for the same user: what is asked while a look-up is under way shares the next one. */
export function createOwnKeyDirectory({ em }: { em: () => EntityManager }): OwnKeyDirectory {
  const look = createBatcher<string, KnownOwnKey[]>({ flush: (userIds) => findKeys(em(), userIds) });
  return { find: (userId) => look.add(userId) };
}

async function findKeys(em: EntityManager, userIds: string[]): Promise<KnownOwnKey[][]> {
  const rows = await execute<KnownOwnKey & { userId: string }>(
    em,
    sql`select user_id as "userId", provider_id as "providerId", enabled, disabled_reason as "disabledReason"
        from own_keys where user_id = any(${[...new Set(userIds)]})`,
  );
  const byUser = Map.groupBy(rows, ({ userId }) => userId);
  return userIds.map((userId) => byUser.get(userId) ?? []);
}
