import { noTokens, type WebhookEventType } from '@sluice/contract';
import { createTestDatabase } from '../../../../test/support/database.ts';
import { createDatabase, execute, sql } from '../database/index.ts';
import { claimJobs, finishJobs, startLease, submitJobs } from '../jobs/index.ts';
import { createJobFixture, type JobFixture } from '../jobs/job-life.fixture.ts';
import { createVault } from '../providers/index.ts';
import {
  claimDeliveries,
  createEndpoint,
  listDeliveries,
  type ClaimedDelivery,
  type ClaimScope,
  type EndedTry,
  type NextTry,
} from './index.ts';

export const vault = createVault('a secret key of thirty-two characters');
export const jobEvents: WebhookEventType[] = ['job.completed', 'job.failed', 'job.cancelled', 'job.incomplete'];

interface DueRow {
  id: string;
  type: string;
  object: string;
  event: string;
  url: string | null;
  endpoint: string;
}

export type WebhookFixture = Awaited<ReturnType<typeof createWebhookFixture>>;

/** A database with people in it who have endpoints and jobs that end. */
export async function createWebhookFixture() {
  const store = await createTestDatabase();
  const db = await createDatabase({ url: store.url });
  let users = 0;

  async function submit(user: JobFixture, body: object = {}): Promise<string> {
    const [result] = await submitJobs(db.em(), [user.submission(body)]);
    if (result?.type !== 'accepted') throw new Error('not accepted');
    return result.job.id;
  }

  async function finish(jobId: string, to: 'completed' | 'incomplete' | 'failed' | 'queued') {
    const workerId = await startLease(db.em());
    await claimJobs(db.em(), [{ jobId, attempt: 1, workerId, providerKeyId: null }]);
    const next = to === 'queued' ? { to, route: 0, delayMs: 0 } : { to, output: null, error: null };
    const outcome = to === 'queued' ? 'failed' : to;
    const nothing = { failure: null, message: null, tokens: noTokens, usageSource: 'none', requestId: null, firstTokenAt: null } as const;
    return (await finishJobs(db.em(), [{ jobId, attempt: 1, outcome, next, ...nothing }]))[0];
  }

  const claim = (limit = 100, more: Partial<ClaimScope> = {}) =>
    claimDeliveries(db.em(), { from: 'all', limit, roomEach: 8, rooms: [], ...more });

  return {
    db,
    submit,
    finish,
    claim,
    newUser: (): Promise<JobFixture> => createJobFixture(db, `hook${(users += 1)}`, '100'),
    async endpointOf({ userId }: JobFixture, eventTypes = jobEvents) {
      const request = { name: 'mine', url: 'https://hooks.example.com/a', event_types: eventTypes };
      return (await createEndpoint(db.em(), { userId, request, idempotencyKey: null, vault })).endpoint;
    },
    async claimOne(): Promise<ClaimedDelivery> {
      const [delivery] = await claim();
      if (!delivery) throw new Error('nothing was due');
      return delivery;
    },
    due: () =>
      execute<DueRow>(
        db.em(),
        sql`select event_type as type, object_id as object, event_id as event, url, id, endpoint_id as endpoint from webhook_deliveries order by id`,
      ),
    makeDueAgain: () => execute(db.em(), sql`update webhook_deliveries set due_at = now() where due_at is not null`),
    deliveriesOf: ({ userId }: JobFixture, id: string) => listDeliveries(db.em(), { userId, id }, { limit: 20, order: 'desc' }),
    /** Makes so many events due at an endpoint, without jobs. */
    eventsFor: ({ userId }: JobFixture, endpointId: string, count: number) =>
      execute(
        db.em(),
        sql`insert into webhook_deliveries (id, user_id, endpoint_id, target, event_id, event_type, object_id, occurred_at, due_at)
            select new_id('wh_'), ${userId}, ${endpointId}, ${endpointId}, 'evt_' || n, 'job.completed', 'job_' || n, now(),
              now() - make_interval(secs => ${count} - n)
            from generate_series(1, ${count}) n`,
      ),
    forgetDeliveries: () => execute(db.em(), sql`delete from webhook_deliveries`),
    async close() {
      await db.close();
      await store.close();
    },
  };
}

/** A try of a claimed delivery, as the worker writes it. */
export function ended(delivery: ClaimedDelivery, next: NextTry, rest: Partial<EndedTry> = {}): EndedTry {
  const status = next.to === 'delivered' ? 200 : 500;
  const tried = { deliveryId: delivery.id, try: delivery.try, startedAt: new Date(), durationMs: 12 };
  return { ...tried, status, error: null, answer: 'thanks', next, ...rest };
}
