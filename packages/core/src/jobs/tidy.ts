import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';
import { tidyDeliveries } from '../webhooks/index.ts';

/**
 * Removes what has served its time: dead workers, idempotency keys of other creates after two days, old tickets and sessions, and
 * what nobody takes from the result cache any more.
 */
export async function tidy(em: EntityManager): Promise<void> {
  await execute(em, sql`delete from workers where lease_until < now() - interval '1 day'`);
  await execute(em, sql`delete from idempotency_keys where created_at < now() - interval '2 days'`);
  await execute(em, sql`delete from stream_tickets where expires_at < now() - interval '2 days'`);
  await execute(em, sql`delete from refresh_tokens where expires_at < now() - interval '2 days'`);
  await execute(em, sql`delete from cached_results where expires_at < now()`);
  await tidyDeliveries(em);
}
