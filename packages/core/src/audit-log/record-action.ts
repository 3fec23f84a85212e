import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';

/** The actor of what the service does by itself, such as seeding or disabling a key that a provider refused. */
export const systemActor = 'system';

export interface Action {
  /** A user's id, or `systemActor`. */
  actorId: string;
  /** Noun and verb, such as `provider.update`. */
  action: string;
  objectId: string;
  /** What changed. Never a secret. */
  details?: Record<string, unknown>;
}

/** Writes down who changed what, in the transaction of the change: one is not kept without the other. */
export async function recordAction(tx: EntityManager, { actorId, action, objectId, details = {} }: Action): Promise<void> {
  await execute(
    tx,
    sql`insert into audit_log (actor_id, action, object_id, details) values (${actorId}, ${action}, ${objectId}, ${JSON.stringify(details)}::json)`,
  );
}
