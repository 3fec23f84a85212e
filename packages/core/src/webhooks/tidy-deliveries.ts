import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';

/** Removes deliveries that finished 30 days ago, and those of endpoints that are gone. */
export async function tidyDeliveries(em: EntityManager): Promise<void> {
  await execute(em, sql`delete from webhook_deliveries where finished_at < now() - interval '30 days'`);
  await execute(
    em,
    sql`delete from webhook_deliveries d where status = 'pending' and not exists (select 1 from webhook_endpoints where id = d.endpoint_id)`,
  );
}
