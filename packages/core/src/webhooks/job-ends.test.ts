import { timeOfId } from '@sluice/contract';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { execute, inTransaction, sql } from '../database/index.ts';
import { cancelJob, claimJobs, endOverdueJobs, recoverJobs, startLease } from '../jobs/index.ts';
import { deleteEndpoint, ensureSecret, openSecrets, recordEvent } from './index.ts';
import { createWebhookFixture, vault, type WebhookFixture } from './webhooks.fixture.ts';

let fixture: WebhookFixture;
let db: WebhookFixture['db'];
let newUser: WebhookFixture['newUser'];
let endpointOf: WebhookFixture['endpointOf'];
let submit: WebhookFixture['submit'];
let finish: WebhookFixture['finish'];
let due: WebhookFixture['due'];
let claim: WebhookFixture['claim'];
let deliveriesOf: WebhookFixture['deliveriesOf'];

beforeAll(async () => {
  fixture = await createWebhookFixture();
  ({ db, newUser, endpointOf, submit, finish, due, claim, deliveriesOf } = fixture);
});
afterAll(() => fixture.close());
beforeEach(() => fixture.forgetDeliveries());

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
    for (const row of rows)
      expect(row).toMatchObject({ type: `job.${to}`, object: jobId, event: jobId.replace('job_', 'evt_'), url: null });
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
    await claimJobs(
      db.em(),
      [lost, again].map((jobId) => ({ jobId, attempt: 1, workerId, providerKeyId: null })),
    );
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
    await execute(
      db.em(),
      sql`update jobs set surface = 'responses', is_background = id = ${background} where id in (${background}, ${foreground})`,
    );
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
