import OpenAI, { InvalidWebhookSignatureError, NotFoundError } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runAsAdmin } from '../support/database.ts';
import { startWebhookReceiver, type ReceivedWebhook, type WebhookReceiver } from '../support/webhook-receiver.ts';
import { startWorld, type TestUser, type World } from '../support/world.ts';
import { chatLine, startBatch } from './batch-run.ts';
import { ask as sim } from './sim.ts';

/** Section 4 of the contract, with the unmodified `openai` package. */
describe.each(['embedded', 'distributed'] as const)('webhooks, %s', (mode) => {
  let world: World;
  let user: TestUser;
  let client: OpenAI;
  let receiver: WebhookReceiver;

  beforeAll(async () => {
    receiver = await startWebhookReceiver((path, nth) => (path === '/twice' && nth <= 2 ? 500 : path === '/broken' ? 500 : 200));
    world = await startWorld(mode, { EGRESS_ALLOW: '127.0.0.1/32' });
    user = await world.user();
    client = clientOf(user);
  });
  afterAll(async () => {
    await world?.close();
    await receiver?.close();
  });

  const clientOf = ({ key }: TestUser) => new OpenAI({ baseURL: `${world.url()}/v1`, apiKey: key, maxRetries: 0 });
  const ask = async (text = 'Yes.') =>
    (await user.call.post('/v1/jobs?wait=20', { model: 'mock', input: `[[sim {"text":"${text}"}]] Well?` })).body.id;
  const forward = () => runAsAdmin(world.databaseUrl, `update webhook_deliveries set due_at = now() where status = 'pending'`);
  const unwrap = (webhook: ReceivedWebhook | undefined, secret: string) =>
    client.webhooks.unwrap(webhook?.body ?? '', webhook?.headers ?? {}, secret);
  // The SDK's list of types is OpenAI's; ours has more.
  const make = (path: string, eventTypes: string[]) =>
    client.webhooks.create({
      name: path,
      url: receiver.url(path),
      event_types: eventTypes as Parameters<typeof client.webhooks.create>[0]['event_types'],
    });

  test('C67: the SDK makes, reads, changes, lists, rotates, tests and deletes endpoints', async () => {
    const made = await client.webhooks.create({
      name: 'first',
      url: receiver.url('/c67'),
      event_types: ['response.completed', 'batch.completed'],
    });
    expect(made).toMatchObject({
      object: 'webhook_endpoint',
      name: 'first',
      url: receiver.url('/c67'),
      event_types: ['response.completed', 'batch.completed'],
    });
    expect(made.id).toMatch(/^whe_/);
    expect(made.signing_secret).toMatch(/^whsec_/);
    expect([made.created_at, made.updated_at].every((at) => Number.isInteger(at) && Number(at) > 1_700_000_000)).toBe(true);

    const read = await client.webhooks.retrieve(made.id);
    expect(read).not.toHaveProperty('signing_secret');
    expect(read).toEqual({ ...read, id: made.id, signing_secret_hint: made.signing_secret_hint });
    expect(made.signing_secret).toContain(String(made.signing_secret_hint).slice(-4));

    const changed = await client.webhooks.update(made.id, { name: 'renamed' });
    expect(changed).toMatchObject({ name: 'renamed', url: made.url, event_types: made.event_types });

    const second = await client.webhooks.create({ name: 'second', url: receiver.url('/c67'), event_types: ['batch.failed'] });
    const listed = [];
    for await (const endpoint of client.webhooks.list({ limit: 1 })) listed.push(endpoint.id);
    expect(listed).toEqual([second.id, made.id]);

    const result = await client.webhooks.test(made.id, { event_type: 'batch.completed' });
    expect(result).toEqual({
      object: 'webhook_endpoint.test',
      event_type: 'batch.completed',
      status_code: 200,
      success: true,
      webhook_endpoint_id: made.id,
    });
    const [sample] = await receiver.wait('/c67', 1);
    expect(await unwrap(sample, made.signing_secret)).toMatchObject({
      object: 'event',
      type: 'batch.completed',
      data: { id: expect.stringMatching(/^batch_/) },
    });

    const rotated = await client.webhooks.rotateSecret(made.id, { keep_old_secret_active_for_24_hours: true });
    expect(rotated.signing_secret).not.toBe(made.signing_secret);
    await client.webhooks.test(made.id, { event_type: 'response.completed' });
    const [, both] = await receiver.wait('/c67', 2);
    for (const secret of [made.signing_secret, rotated.signing_secret])
      expect(await unwrap(both, secret)).toMatchObject({ type: 'response.completed' });
    const again = await client.webhooks.rotateSecret(made.id);
    await client.webhooks.test(made.id, { event_type: 'response.failed' });
    const [, , one] = await receiver.wait('/c67', 3);
    await expect(unwrap(one, rotated.signing_secret)).rejects.toThrow(InvalidWebhookSignatureError);
    expect(await unwrap(one, again.signing_secret)).toMatchObject({ type: 'response.failed' });

    expect(await client.webhooks.delete(made.id)).toEqual({ id: made.id, object: 'webhook_endpoint.deleted', deleted: true });
    await expect(client.webhooks.retrieve(made.id)).rejects.toThrow(NotFoundError);
    await client.webhooks.delete(second.id);
    expect((await client.webhooks.list()).data).toEqual([]);
    expect((await client.webhooks.eventTypes.list()).data).toEqual(
      expect.arrayContaining(['response.completed', 'batch.expired', 'job.failed']),
    );
  });

  test('C62: one event a job, thin, of the type of its end, that unwrap() takes', async () => {
    const { id, signing_secret: secret } = await make('/c62', ['job.completed', 'job.failed', 'job.cancelled', 'job.incomplete']);
    const jobId = await ask();
    const [webhook] = await receiver.wait('/c62', 1);
    const event = await unwrap(webhook, secret);
    expect(event).toEqual({
      object: 'event',
      id: expect.stringMatching(/^evt_/),
      type: 'job.completed',
      created_at: expect.any(Number),
      data: { id: jobId },
    });
    expect(Math.abs(event.created_at - Date.now() / 1000)).toBeLessThan(300);
    expect(webhook?.headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'Sluice/1.0',
      'webhook-id': expect.stringMatching(/^wh_/),
    });

    const { body: waiting } = await user.call.post('/v1/jobs', { model: 'mock', input: '[[sim {"tokens":900,"tokens_per_s":10}]] Go on.' });
    await user.call.post(`/v1/jobs/${waiting.id}/cancel`);
    const { body: cut } = await user.call.post('/v1/jobs?wait=20', {
      model: 'mock',
      input: '[[sim {"text":"a b c d e f g h","finish":"length"}]] On.',
    });
    const told = await receiver.wait('/c62', 3);
    const types = new Map(told.map(({ body }) => [JSON.parse(body).data.id, JSON.parse(body).type]));
    expect(types).toEqual(
      new Map([
        [jobId, 'job.completed'],
        [waiting.id, 'job.cancelled'],
        [cut.id, `job.${String(cut['status'])}`],
      ]),
    );
    expect(told).toHaveLength(3);
    await client.webhooks.delete(id);
  });

  test('C62: a background response is told of as a response; one that somebody waits for, and a chat completion, are not', async () => {
    const { id, signing_secret: secret } = await make('/responses', ['response.completed', 'response.incomplete', 'job.completed']);
    await client.responses.create({ model: 'mock', input: '[[sim {"text":"Here."}]] Now?' });
    await client.chat.completions.create({ model: 'mock', messages: [{ role: 'user', content: '[[sim {"text":"Here."}]] Now?' }] });
    const { id: responseId } = await client.responses.create({ model: 'mock', input: '[[sim {"text":"Later."}]] When?', background: true });
    const [webhook] = await receiver.wait('/responses', 1);
    expect(await unwrap(webhook, secret)).toMatchObject({ type: 'response.completed', data: { id: responseId } });
    expect(await client.responses.retrieve(responseId)).toMatchObject({ status: 'completed', output_text: 'Later.' });
    expect(await user.call.get(`/v1/webhook_endpoints/${id}/deliveries`)).toMatchObject({
      body: { data: [{ event: { data: { id: responseId } } }] },
    });
    await client.webhooks.delete(id);
  });

  test('C62: every way that a background response or a batch can end is told of once, by a type of its own', async () => {
    const ends = ['completed', 'failed', 'incomplete', 'cancelled', 'expired'];
    const { id, signing_secret: secret } = await make(
      '/ends',
      ends.flatMap((end) => [...(end === 'expired' ? [] : [`response.${end}`]), ...(end === 'incomplete' ? [] : [`batch.${end}`])]),
    );
    const respond = (input: string, more: object = {}) => client.responses.create({ model: 'mock', input, background: true, ...more });
    const slow = sim({ tokens: 900, tokens_per_s: 10 });
    const failed = await respond(sim({ status: 400 }));
    const incomplete = await respond(sim({ tokens: 100 }), { max_output_tokens: 16 });
    const cancelled = await respond(slow);
    await client.responses.cancel(cancelled.id);
    const whole = await startBatch(client, [chatLine('a', sim({ text: 'Yes.' }))]);
    const faulty = await startBatch(client, [{ ...chatLine('a', 'x'), url: '/v1/responses' }]);
    const stopped = await startBatch(client, [chatLine('a', slow)]);
    await client.batches.cancel(stopped.id);
    const late = await startBatch(client, [chatLine('a', 'x')], '/v1/chat/completions', { paused: true });
    await runAsAdmin(world.databaseUrl, `update batches set expires_at = now() where id = '${late.id}'`);
    await user.call.post(`/v1/batches/${late.id}/resume`);
    const webhooks = await receiver.wait('/ends', 7);
    const told = (await Promise.all(webhooks.map((webhook) => unwrap(webhook, secret)))) as { type: string; data: { id: string } }[];
    expect(Object.fromEntries(told.map(({ type, data }) => [data.id, type]))).toEqual({
      [failed.id]: 'response.failed',
      [incomplete.id]: 'response.incomplete',
      [cancelled.id]: 'response.cancelled',
      [whole.id]: 'batch.completed',
      [faulty.id]: 'batch.failed',
      [stopped.id]: 'batch.cancelled',
      [late.id]: 'batch.expired',
    });
    expect(told).toHaveLength(7);
    await client.webhooks.delete(id);
  });

  test('C63: 500 twice, then 200: three requests, one webhook-id, a fresh signature each', async () => {
    const { id, signing_secret: secret } = await make('/twice', ['job.completed']);
    await ask();
    for (const count of [1, 2]) {
      await receiver.wait('/twice', count);
      await expect
        .poll(async () => (await user.call.get(`/v1/webhook_endpoints/${id}/deliveries`)).body.data[0]?.['tries'], { timeout: 10_000 })
        .toHaveLength(count);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      await forward();
    }
    const told = await receiver.wait('/twice', 3);
    expect(new Set(told.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(told.map(({ body }) => body)).size).toBe(1);
    expect(new Set(told.map(({ headers }) => headers['webhook-timestamp'])).size).toBe(3);
    for (const webhook of told) expect(await unwrap(webhook, secret)).toMatchObject({ type: 'job.completed' });
    const delivery = async () => (await user.call.get(`/v1/webhook_endpoints/${id}/deliveries`)).body.data[0];
    await expect.poll(delivery, { timeout: 10_000 }).toMatchObject({
      object: 'webhook_delivery',
      id: told[0]?.headers['webhook-id'],
      status: 'delivered',
      next_try_at: null,
      tries: [500, 500, 200].map((status, i) => ({ try: i + 1, status_code: status, error: null, answer: 'thanks' })),
    });
    const replayed = await user.call.post(`/v1/webhook_endpoints/${id}/deliveries/${String((await delivery())?.id)}/replay`);
    expect([replayed.status, replayed.body['status']]).toEqual([202, 'pending']);
    const [, , , fourth] = await receiver.wait('/twice', 4);
    expect(fourth?.headers['webhook-id']).toBe(told[0]?.headers['webhook-id']);
    await client.webhooks.delete(id);
  });

  test('C64: a changed body, an old timestamp and another secret are refused by unwrap()', async () => {
    const { id, signing_secret: secret } = await make('/c64', ['job.completed']);
    const other = await make('/elsewhere', ['batch.failed']);
    await ask();
    const [webhook] = await receiver.wait('/c64', 1);
    if (!webhook) throw new Error('no webhook came');
    const invalid = (changed: ReceivedWebhook, with_ = secret) =>
      expect(unwrap(changed, with_)).rejects.toThrow(InvalidWebhookSignatureError);
    await invalid({ ...webhook, body: webhook.body.replace('job.completed', 'job.failed') });
    await invalid({ ...webhook, headers: { ...webhook.headers, 'webhook-timestamp': String(Math.floor(Date.now() / 1000) - 301) } });
    await invalid(webhook, other.signing_secret);
    for (const endpoint of [id, other.id]) await client.webhooks.delete(endpoint);
  });

  test("C68: somebody else's endpoint is a 404 on every route", async () => {
    const { id } = await make('/c68', ['job.completed']);
    await ask();
    await receiver.wait('/c68', 1);
    const { body: mine } = await user.call.get(`/v1/webhook_endpoints/${id}/deliveries`);
    const stranger = await world.user('0');
    const theirs = clientOf(stranger);
    await expect(theirs.webhooks.retrieve(id)).rejects.toThrow(NotFoundError);
    await expect(theirs.webhooks.update(id, { name: 'mine now' })).rejects.toThrow(NotFoundError);
    await expect(theirs.webhooks.rotateSecret(id)).rejects.toThrow(NotFoundError);
    await expect(theirs.webhooks.test(id, { event_type: 'batch.completed' })).rejects.toThrow(NotFoundError);
    await expect(theirs.webhooks.delete(id)).rejects.toThrow(NotFoundError);
    expect((await theirs.webhooks.list()).data).toEqual([]);
    expect((await stranger.call.get(`/v1/webhook_endpoints?after=${id}`)).status).toBe(400);
    expect((await stranger.call.get(`/v1/webhook_endpoints/${id}/deliveries`)).status).toBe(404);
    expect((await stranger.call.post(`/v1/webhook_endpoints/${id}/deliveries/${mine.data[0]?.id}/replay`)).status).toBe(404);
    const own = await theirs.webhooks.create({ name: 'own', url: receiver.url('/own'), event_types: ['batch.failed'] });
    expect((await stranger.call.post(`/v1/webhook_endpoints/${own.id}/deliveries/${mine.data[0]?.id}/replay`)).status).toBe(404);
    await client.webhooks.delete(id);
  });

  test('what cannot be an endpoint is refused, and a test that fails says what came', async () => {
    const create = (body: object) =>
      user.call.post('/v1/webhook_endpoints', { name: 'x', url: 'https://example.com', event_types: ['batch.failed'], ...body });
    for (const [body, param] of [
      [{ url: 'ftp://example.com' }, 'url'],
      [{ url: 'https://user:pw@example.com' }, 'url'],
      [{ url: 'https://example.com:22/' }, 'url'],
      [{ url: 'http://10.0.0.1/' }, 'url'],
      [{ url: 'http://[::1]/' }, 'url'],
      [{ event_types: [] }, 'event_types'],
      [{ event_types: ['eval.run.succeeded'] }, 'event_types[0]'],
      [{ name: '' }, 'name'],
    ] as const) {
      const { status, body: answer } = await create(body);
      expect([status, answer.error.param]).toEqual([400, param]);
    }
    const { id } = await make('/broken', ['batch.failed']);
    await expect(client.webhooks.test(id, { event_type: 'batch.failed' })).rejects.toThrow(/answered 500/);
    await client.webhooks.update(id, { url: 'http://127.0.0.1:59999/' });
    await expect(client.webhooks.test(id, { event_type: 'batch.failed' })).rejects.toThrow(/did not take the connection/);
    await client.webhooks.delete(id);
  });
});
