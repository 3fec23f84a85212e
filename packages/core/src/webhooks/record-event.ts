import { newId, type WebhookEventType } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, sql } from '../database/index.ts';

export interface RecordEvent {
  userId: string;
  type: WebhookEventType;
  /** What `data.id` will say, such as `batch_...`. */
  objectId: string;
  now: Date;
}

/**
 * Makes an event due at every endpoint of the user that wants to hear of it; answers at how many. Runs inside the transaction of what
 * happened, so that neither is kept without the other. When there are any, ring the bell `deliveries` after the commit.
 */
export async function recordEvent(tx: EntityManager, { userId, type, objectId, now }: RecordEvent): Promise<number> {
  const due = await execute(
    tx,
    sql`insert into webhook_deliveries (id, user_id, endpoint_id, target, event_id, event_type, object_id, occurred_at)
        select new_id('wh_'), user_id, id, id, ${newId('webhookEvent')}, ${type}, ${objectId}, ${now} from webhook_endpoints
        where user_id = ${userId} and url is not null and disabled_at is null and ${type} = any(event_types) returning id`,
  );
  return due.length;
}
