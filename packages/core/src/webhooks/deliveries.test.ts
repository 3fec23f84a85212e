import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { execute, one, sql } from '../database/index.ts';
import {
  createEndpoint,
  deleteEndpoint,
  getEndpoint,
  openSecrets,
  recordTries,
  replayDelivery,
  rotateSecret,
  tidyDeliveries,
  updateEndpoint,
} from './index.ts';
import { createWebhookFixture, ended, jobEvents, vault, type WebhookFixture } from './webhooks.fixture.ts';

let fixture: WebhookFixture;
let db: WebhookFixture['db'];
let newUser: WebhookFixture['newUser'];
let endpointOf: WebhookFixture['endpointOf'];
let submit: WebhookFixture['submit'];
let finish: WebhookFixture['finish'];
let due: WebhookFixture['due'];
let claim: WebhookFixture['claim'];
let claimOne: WebhookFixture['claimOne'];
let makeDueAgain: WebhookFixture['makeDueAgain'];
let deliveriesOf: WebhookFixture['deliveriesOf'];
let eventsFor: WebhookFixture['eventsFor'];

beforeAll(async () => {
  fixture = await createWebhookFixture();
  ({ db, newUser, endpointOf, submit, finish, due, claim, claimOne, makeDueAgain, deliveriesOf, eventsFor } = fixture);
});
afterAll(() => fixture.close());
beforeEach(() => fixture.forgetDeliveries());

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
    expect(await deliveriesOf(user, id)).toMatchObject([
      {
        status: 'delivered',
        tries: [
          { try: 1, status_code: 500 },
          { try: 2, status_code: 200 },
        ],
      },
    ]);
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
    const { row } = await one<{ row: string }>(
      db.em(),
      sql`select webhook_endpoints::text as row from webhook_endpoints where id = ${owner.id}`,
    );
    for (const secret of [first, kept.secret, next.secret]) expect(row).not.toContain(secret.slice(6, 30));
  });

  test('are told again to a caller who asks again with the same idempotency key', async () => {
    const { userId } = await newUser();
    const request = { name: 'once', url: 'https://example.com/', event_types: jobEvents };
    const made = await Promise.all(
      Array.from({ length: 5 }, () => createEndpoint(db.em(), { userId, request, idempotencyKey: 'k', vault })),
    );
    expect(new Set(made.map(({ endpoint, secret }) => `${endpoint.id} ${secret}`)).size).toBe(1);
  });
});

test('nobody makes more endpoints than every end of a job can be matched with', async () => {
  const user = await newUser();
  for (let i = 0; i < 50; i += 1) await endpointOf(user);
  await expect(endpointOf(user)).rejects.toMatchObject({ code: 'conflict' });
});
