import type { RawBuilder } from 'kysely';
import { sql } from '../database/index.ts';

/**
 * The statement, to stand as a `with` part, that makes deliveries due for jobs which have just ended: to each endpoint of their user
 * that wants to hear of it, and to the job's own URL. It returns a row a delivery. `ended` names rows with id, user_id, status,
 * finished_at, surface, is_background, batch_id and webhook_url; rows that have not ended are passed over.
 *
 * As it is part of the statement that ends the job, neither is kept without the other; and a job ends once, so each event comes once.
 * The event's id is the job's, under another prefix. Rows of a batch tell nobody but their own URL: their batch is told of as a whole.
 * So it is with calls that somebody waits for: chat completions, and responses that are not in the background.
 */
export function tellJobEnds(ended: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    insert into webhook_deliveries (id, user_id, endpoint_id, url, target, event_id, event_type, object_id, occurred_at)
    select new_id('wh_'), event.user_id, endpoint.id, case when endpoint.url is null then event.webhook_url end,
      case when endpoint.url is null then endpoint.id || ' ' || substring(event.webhook_url from '^https?://[^/?#]*') else endpoint.id end,
      'evt_' || substr(event.id, 5), event.type, event.object_id, event.finished_at
    from (
      select id, user_id, webhook_url, finished_at, batch_id,
        case surface when 'responses' then 'response.' else 'job.' end || status as type,
        case surface when 'responses' then 'resp_' || substr(id, 5) else id end as object_id
      from ${ended} ended
      where finished_at is not null and (surface = 'jobs' or (surface = 'responses' and is_background))
    ) event
    join webhook_endpoints endpoint on endpoint.user_id = event.user_id
    where case when endpoint.url is null then event.webhook_url is not null
      else endpoint.disabled_at is null and event.batch_id is null and event.type = any(endpoint.event_types) end
    returning id`;
}
