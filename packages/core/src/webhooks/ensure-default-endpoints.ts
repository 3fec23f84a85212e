import { newId } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';

/** Makes the row that signs for the `webhook_url` of single jobs, for users who have none. Its secret is made when it is first needed. */
export async function ensureDefaultEndpoints(tx: EntityManager, userIds: string[]): Promise<void> {
  if (userIds.length === 0) return;
  const users = [...new Set(userIds)].toSorted();
  await execute(
    tx,
    sql`insert into webhook_endpoints (id, user_id, name, event_types)
        select id, user_id, 'default', '{}' from unnest(${users.map(() => newId('webhookEndpoint'))}::text[], ${users}::text[]) as row (id, user_id)
        on conflict do nothing`,
  );
}
