import { noTokens, timeOfId, type WebhookEventType } from '@sluice/contract';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/database.ts';
import { createDatabase, execute, inTransaction, one, sql, type Database } from '../database/index.ts';
import { cancelJob, claimJobs, endOverdueJobs, finishJobs, recoverJobs, startLease, submitJobs } from '../jobs/index.ts';
import { createJobFixture, type JobFixture } from '../jobs/job-life.fixture.ts';
import { createVault } from '../providers/index.ts';
import {
  claimDeliveries,
  createEndpoint,
  deleteEndpoint,
  ensureSecret,
  getEndpoint,
  listDeliveries,
  openSecrets,
  recordEvent,
  recordTries,
  replayDelivery,
  rotateSecret,
  tidyDeliveries,
  updateEndpoint,
  type ClaimedDelivery,
  type EndedTry,
  type NextTry,
} from './index.ts';

let store: TestDatabase;
let db: Database;
let users = 0;
const vault = createVault('a secret key of thirty-two characters');

beforeAll(async () => {
  store = await createTestDatabase();
  db = await createDatabase({ url: store.url });
});
afterAll(async () => {
  await db.close();
  await store.close();
});
beforeEach(() => execute(db.em(), sql`delete from webhook_deliveries`));

const jobEvents: WebhookEventType[] = ['job.completed', 'job.failed', 'job.cancelled', 'job.incomplete'];
const newUser = (): Promise<JobFixture> => createJobFixture(db, `hook${(users += 1)}`, '100');
const endpointOf = async ({ userId }: JobFixture, eventTypes = jobEvents, url = 'https://hooks.example.com/a') =>
  (await createEndpoint(db.em(), { userId, request: { name: 'mine', url, event_types: eventTypes }, idempotencyKey: null, vault })).endpoint;

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
  const row = { jobId, attempt: 1, outcome, failure: null, message: null, tokens: noTokens, usageSource: 'none', requestId: null, firstTokenAt: null, next } as const;
  return (await finishJobs(db.em(), [row]))[0];
}

const due = () => execute<{ type: string; object: string; event: string; url: string | null; id: string; endpoint: string }>(db.em(), sql`
  select event_type as type, object_id as object, event_id as event, url, id, endpoint_id as endpoint from webhook_deliveries order by id`);
const claim = (limit = 100, more: Partial<Parameters<typeof claimDeliveries>[1]> = {}) =>
  claimDeliveries(db.em(), { from: 'all', limit, roomEach: 8, rooms: [], ...more });
const makeDueAgain = () => execute(db.em(), sql`update webhook_deliveries set due_at = now() where due_at is not null`);
const ended = (delivery: ClaimedDelivery, next: NextTry, rest: Partial<EndedTry> = {}): EndedTry => ({
  deliveryId: delivery.id,
  try: delivery.try,
  startedAt: new Date(),
  durationMs: 12,
  status: next.to === 'delivered' ? 200 : 500,
  error: null,
  answer: 'thanks',
  next,
  ...rest,
});
const deliveriesOf = async (user: JobFixture, id: string) => listDeliveries(db.em(), { userId: user.userId, id }, { limit: 20, order: 'desc' });
async function claimOne(): Promise<ClaimedDelivery> {
  const [delivery] = await claim();
  if (!delivery) throw new Error('nothing was due');
  return delivery;
}

describe('the end of a job', () => {
  test.each(['completed', 'incomplete', 'failed'] as const)('makes one delivery due for each endpoint that wants job.%s', async (to) => {
    const user = await newUser();
    const all = await endpointOf(user);
    const same = await endpointOf(user);
    await endpointOf(user, ['batch.completed', 'response.completed', to === 'failed' ? 'job.completed' : 'job.failed']);
    await endpointOf(await newUser());
    const jobId = await submit(user);
    expect(await finish(jobId, to)).toMatchObject({ deliveries: 2 });
    const rows = await due();
    expect(rows.map(({ endpoint }) => endpoint).toSorted()).toEqual([all.id, same.id].toSorted());
    for (const row of rows) expect(row).toMatchObject({ type: `job.${to}`, object: jobId, event: jobId.replace('job_', 'evt_'), url: null });
    expect(new Set(rows.map(({ id }) => id)).size).toBe(2);
  });

  test('by cancel, by its deadline and by the loss of its worker is told too, and only when it is an end', async () => {
    const user = await newUser();
    await endpointOf(user);
    const cancelled = await submit(user);
    await cancelJob(db.em(), { jobId: cancelled, userId: user.userId });
    const overdue = await submit(user);
    await execute(db.em(), sql`update jobs set deadline_at = now() where id = ${overdue}`);
    await endOverdueJobs(db.em(), 10);
    const [lost, again] = [await submit(user, { max_attempts: 1 }), await submit(user)];
    const workerId = await startLease(db.em());
    await claimJobs(db.em(), [lost, again].map((jobId) => ({ jobId, attempt: 1, workerId, providerKeyId: null })));
    await execute(db.em(), sql`update workers set lease_until = now() - interval '1 second' where id = ${workerId}`);
    await recoverJobs(db.em(), 10);
    await finish(await submit(user), 'queued');
    const running = await submit(user);
    await claimJobs(db.em(), [{ jobId: running, attempt: 1, workerId: await startLease(db.em()), providerKeyId: null }]);
    await cancelJob(db.em(), { jobId: running, userId: user.userId });
    const told = (await due()).map(({ type, object }) => `${type} ${object}`);
    expect(told.toSorted()).toEqual([`job.cancelled ${cancelled}`, `job.failed ${overdue}`, `job.failed ${lost}`].toSorted());
  });

  test('makes nothing due when nobody asked for it, or the endpoint is disabled or deleted', async () => {
    const user = await newUser();
    expect(await finish(await submit(user), 'completed')).toEqual({ message: null });
    const [disabled, deleted] = [await endpointOf(user), await endpointOf(user)];
    await execute(db.em(), sql`update webhook_endpoints set disabled_at = now() where id = ${disabled.id}`);
    await deleteEndpoint(db.em(), { userId: user.userId, id: deleted.id });
    await finish(await submit(user), 'completed');
    expect(await due()).toEqual([]);
  });

  test('is told of once, whoever races', async () => {
    const user = await newUser();
    await endpointOf(user);
    const jobId = await submit(user);
    await Promise.all(Array.from({ length: 10 }, () => cancelJob(db.em(), { jobId, userId: user.userId })));
    expect(await due()).toHaveLength(1);
  });

  test('of a background response is a response.* event; of a call that somebody waits for, and of a row of a batch, none', async () => {
    const user = await newUser();
    await endpointOf(user, ['response.completed', 'job.completed']);
    const [background, foreground, chat, row] = [await submit(user), await submit(user), await submit(user), await submit(user)];
    await execute(db.em(), sql`update jobs set surface = 'responses', is_background = id = ${background} where id in (${background}, ${foreground})`);
    await execute(db.em(), sql`update jobs set surface = 'chat' where id = ${chat}`);
    await execute(db.em(), sql`update jobs set batch_id = 'batch_1' where id = ${row}`);
    for (const jobId of [background, foreground, chat, row]) await finish(jobId, 'completed');
    expect(await due()).toMatchObject([{ type: 'response.completed', object: background.replace('job_', 'resp_') }]);
  });

  test("goes to the job's own URL as well, signed with the user's default secret, which is made once", async () => {
    const user = await newUser();
    const endpoint = await endpointOf(user, ['job.failed']);
    const jobs = [];
    for (const host of ['one', 'two']) jobs.push(await submit(user, { webhook_url: `https://${host}.example.com/hook?job=1` }));
    for (const jobId of jobs) await finish(jobId, 'completed');
    const claimed = await claim();
    expect(claimed.map(({ url }) => url).toSorted()).toEqual(['https://one.example.com/hook?job=1', 'https://two.example.com/hook?job=1']);
    expect(new Set(claimed.map(({ target }) => target)).size).toBe(2);
    const [id = ''] = new Set(claimed.map(({ endpointId }) => endpointId));
    expect(id).not.toBe(endpoint.id);
    const sealed = await Promise.all(Array.from({ length: 5 }, () => ensureSecret(db.em(), vault, id)));
    expect(new Set(sealed.flatMap((one) => openSecrets(vault, { id, ...one }))).size).toBe(1);
    expect(await deliveriesOf(user, 'default')).toHaveLength(2);
  });
});

test('an event of another feature is recorded in its transaction, and gone with it', async () => {
  const user = await newUser();
  await endpointOf(user, ['batch.completed']);
  const event = { userId: user.userId, type: 'batch.completed', objectId: 'batch_7', now: new Date() } as const;
  const undone = inTransaction(db.em(), async (tx) => {
    await recordEvent(tx, event);
    throw new Error('undone');
  });
  await expect(undone).rejects.toThrow('undone');
  expect(await due()).toEqual([]);
  expect(await inTransaction(db.em(), (tx) => recordEvent(tx, event))).toBe(1);
  expect(await due()).toMatchObject([{ type: 'batch.completed', object: 'batch_7', event: expect.stringMatching(/^evt_[0-9a-z]{26}$/) }]);
});

test('an id that a statement makes is like one of the contract: it tells the time and sorts by it', async () => {
  const before = Date.now();
  const ids = await execute<{ id: string }>(db.em(), sql`select new_id('wh_') as id from generate_series(1, 1000)`);
  expect(new Set(ids.map(({ id }) => id)).size).toBe(1000);
  for (const { id } of ids) {
    expect(id).toMatch(/^wh_[0-9a-hjkmnp-tv-z]{26}$/);
    expect(Math.abs(timeOfId(id) - before)).toBeLessThan(60_000);
  }
});

async function eventsFor(user: JobFixture, endpointId: string, count: number): Promise<void> {
  await execute(
    db.em(),
    sql`insert into webhook_deliveries (id, user_id, endpoint_id, target, event_id, event_type, object_id, occurred_at, due_at)
        select new_id('wh_'), ${user.userId}, ${endpointId}, ${endpointId}, 'evt_' || n, 'job.completed', 'job_' || n, now(), now() - make_interval(secs => ${count} - n)
        from generate_series(1, ${count}) n`,
  );
}

describe('deliveries that are due', () => {
  test('are claimed once, by 10 workers at once', async () => {
    const user = await newUser();
    await eventsFor(user, (await endpointOf(user)).id, 50);
    const claims = await Promise.all(Array.from({ length: 10 }, () => claim(100, { roomEach: 50 })));
    expect(claims.flat()).toHaveLength(50);
    expect(new Set(claims.flat().map(({ id }) => id)).size).toBe(50);
    expect(await claim()).toEqual([]);
  });

  test('of one target wait behind themselves alone', async () => {
    const user = await newUser();
    const [crowded, quiet, listed] = [await endpointOf(user), await endpointOf(user), await endpointOf(user)];
    await eventsFor(user, crowded.id, 500);
    await eventsFor(user, quiet.id, 1);
    await eventsFor(user, listed.id, 5);
    const rooms = [{ target: listed.id, room: 0 }];
    const first = await claim(100, { rooms });
    const count = (id: string) => first.filter(({ endpointId }) => endpointId === id).length;
    expect([count(crowded.id), count(quiet.id), count(listed.id)]).toEqual([8, 1, 0]);
    expect(await claim(100, { from: 'listed', rooms: [{ target: listed.id, room: 2 }] })).toHaveLength(2);
  });

  test('come again when whoever claimed them is dead, under the same id, as the next try', async () => {
    const user = await newUser();
    const { id } = await endpointOf(user);
    await eventsFor(user, id, 1);
    const first = await claimOne();
    expect(await claim()).toEqual([]);
    await makeDueAgain();
    const second = await claimOne();
    expect([second.id, first.try, second.try, second.failures]).toEqual([first.id, 1, 2, 0]);
    await recordTries(db.em(), [ended(first, { to: 'failed' })]);
    expect(await deliveriesOf(user, id)).toMatchObject([{ status: 'pending' }]);
    await recordTries(db.em(), [ended(second, { to: 'delivered' })]);
    expect(await deliveriesOf(user, id)).toMatchObject([{ status: 'delivered', tries: [{ try: 1, status_code: 500 }, { try: 2, status_code: 200 }] }]);
  });

  test('count as delivered even when the answer came after the lease', async () => {
    const user = await newUser();
    const { id } = await endpointOf(user);
    await eventsFor(user, id, 1);
    const slow = await claimOne();
    await makeDueAgain();
    await claimOne();
    await recordTries(db.em(), [ended(slow, { to: 'delivered' })]);
    expect(await deliveriesOf(user, id)).toMatchObject([{ status: 'delivered' }]);
  });

  test('are tried again at the time decided, and what was answered is kept as text, clipped to 2 KB', async () => {
    const user = await newUser();
    const { id } = await endpointOf(user);
    await eventsFor(user, id, 1);
    const delivery = await claimOne();
    await recordTries(db.em(), [ended(delivery, { to: 'pending', delayMs: 60_000 }, { answer: `\u0000é${'x'.repeat(5000)}` })]);
    const [listed] = await deliveriesOf(user, id);
    expect(listed).toMatchObject({ status: 'pending', tries: [{ try: 1, status_code: 500, duration_ms: 12, error: null }] });
    expect(listed?.tries[0]?.answer).toMatch(/^\uFFFDéx{2000,2048}$/);
    expect((listed?.dueAt ?? 0) - Date.now()).toBeGreaterThan(50_000);
    expect(await claim()).toEqual([]);
    await makeDueAgain();
    expect(await claimOne()).toMatchObject({ failures: 1, try: 2 });
  });

  test('fail with their endpoint when it says that it is gone; changing it brings it back', async () => {
    const user = await newUser();
    const { id } = await endpointOf(user);
    const owner = { userId: user.userId, id };
    await eventsFor(user, id, 3);
    const delivery = await claimOne();
    await recordTries(db.em(), [ended(delivery, { to: 'disabled' }, { status: 410 })]);
    expect((await deliveriesOf(user, id)).map(({ status }) => status)).toEqual(['failed', 'failed', 'failed']);
    expect((await getEndpoint(db.em(), owner)).disabledAt).not.toBeNull();
    await expect(replayDelivery(db.em(), owner, delivery.id)).rejects.toMatchObject({ code: 'conflict' });
    expect((await updateEndpoint(db.em(), owner, { url: 'https://new.example.com' })).disabledAt).toBeNull();
    expect(await replayDelivery(db.em(), owner, delivery.id)).toMatchObject({ status: 'pending', id: delivery.id, tries: [{ try: 1 }] });
    expect(await claimOne()).toMatchObject({ id: delivery.id, try: 2, failures: 0, url: 'https://new.example.com/' });
  });

  test("of one job's own URL fail alone when that URL is gone", async () => {
    const user = await newUser();
    for (const path of ['a', 'b']) await finish(await submit(user, { webhook_url: `https://own.example.com/${path}` }), 'completed');
    const [first] = await claim();
    if (!first) throw new Error('nothing was due');
    await recordTries(db.em(), [ended(first, { to: 'disabled' }, { status: 410 })]);
    const statuses = (await deliveriesOf(user, 'default')).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual(['failed', 'pending']);
    expect((await getEndpoint(db.em(), { userId: user.userId, id: 'default' })).disabledAt).toBeNull();
  });

  test('are gone with their endpoint, and those that raced with its end are tidied away', async () => {
    const user = await newUser();
    const { id } = await endpointOf(user);
    await eventsFor(user, id, 2);
    await deleteEndpoint(db.em(), { userId: user.userId, id });
    expect(await due()).toEqual([]);
    await eventsFor(user, id, 1);
    expect(await claim()).toEqual([]);
    await tidyDeliveries(db.em());
    expect(await due()).toEqual([]);
  });
});

describe('secrets', () => {
  test('are stored sealed, and sign together with the old one for 24 h after a rotation that asks for it', async () => {
    const user = await newUser();
    const owner = { userId: user.userId, id: (await endpointOf(user)).id };
    const rotate = (keeps: boolean, key: string | null = null) =>
      rotateSecret(db.em(), { owner, request: { keep_old_secret_active_for_24_hours: keeps }, idempotencyKey: key, vault });
    const inForce = async () => openSecrets(vault, await getEndpoint(db.em(), owner));
    const [first = ''] = await inForce();
    const kept = await rotate(true, 'once');
    expect(await inForce()).toEqual([kept.secret, first]);
    expect((await rotate(true, 'once')).secret).toBe(kept.secret);
    expect(await inForce()).toEqual([kept.secret, first]);
    await execute(db.em(), sql`update webhook_endpoints set old_until = now() where id = ${owner.id}`);
    expect(await inForce()).toEqual([kept.secret]);
    const next = await rotate(false);
    expect(await inForce()).toEqual([next.secret]);
    const { row } = await one<{ row: string }>(db.em(), sql`select webhook_endpoints::text as row from webhook_endpoints where id = ${owner.id}`);
    for (const secret of [first, kept.secret, next.secret]) expect(row).not.toContain(secret.slice(6, 30));
  });

  test('are told again to a caller who asks again with the same idempotency key', async () => {
    const { userId } = await newUser();
    const request = { name: 'once', url: 'https://example.com/', event_types: jobEvents };
    const made = await Promise.all(Array.from({ length: 5 }, () => createEndpoint(db.em(), { userId, request, idempotencyKey: 'k', vault })));
    expect(new Set(made.map(({ endpoint, secret }) => `${endpoint.id} ${secret}`)).size).toBe(1);
  });
});

test('nobody makes more endpoints than every end of a job can be matched with', async () => {
  const user = await newUser();
  for (let i = 0; i < 50; i += 1) await endpointOf(user);
  await expect(endpointOf(user)).rejects.toMatchObject({ code: 'conflict' });
});
