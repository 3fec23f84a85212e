import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runAsAdmin } from '../support/database.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';
import { startWorld, type TestUser, type World } from '../support/world.ts';

const job = { model: 'mock', input: '[[sim {"text":"Yes."}]] Well?' };

describe('a webhook', () => {
  let world: World;
  let user: TestUser;
  let receiver: WebhookReceiver;
  let isDown = true;

  beforeAll(async () => {
    receiver = await startWebhookReceiver((path, nth) => {
      if (path === '/killed' && nth === 1) return 'hang';
      if (path === '/dead') return 'hang';
      if (path === '/down' && isDown) return 500;
      if (path === '/moved') return { status: 302, headers: { location: '/followed' } };
      if (path === '/gone') return 410;
      return path === '/busy' && nth === 1 ? { status: 429, headers: { 'retry-after': '3600' } } : 200;
    });
    world = await startWorld('distributed', { EGRESS_ALLOW: '127.0.0.1/32' });
    user = await world.user();
  });
  afterAll(async () => {
    await world?.close();
    await receiver?.close();
  });

  const forward = () => runAsAdmin(world.databaseUrl, `update webhook_deliveries set due_at = now() where status = 'pending'`);
  const submit = async (body: object = {}) => (await user.call.post('/v1/jobs', { ...job, ...body })).body.id;
  async function endpoint(path: string): Promise<{ id: string; secret: string }> {
    const { status, text, body } = await user.call.post('/v1/webhook_endpoints', {
      name: path,
      url: receiver.url(path),
      event_types: ['job.completed'],
    });
    expect(status, text).toBe(200);
    return { id: body.id, secret: String(body['signing_secret']) };
  }
  const deliveries = async (id: string) => (await user.call.get(`/v1/webhook_endpoints/${id}/deliveries?limit=100`)).body.data;
  const remove = (id: string) => user.call.delete(`/v1/webhook_endpoints/${id}`);
  const verify = (secret: string, { body, headers }: { body: string; headers: object }) =>
    new Webhook(secret).verify(body, headers as Record<string, string>);

  test('to an endpoint that is down is sent again until it is up, and says when next', async () => {
    const { id, secret } = await endpoint('/down');
    const jobId = await submit();
    const [first] = await receiver.wait('/down', 1);
    await expect.poll(() => deliveries(id)).toMatchObject([{ status: 'pending', tries: [{ status_code: 500 }] }]);
    const [pending] = await deliveries(id);
    const inMs = Date.parse(String(pending?.['next_try_at'])) - (first?.at ?? 0);
    expect([inMs > 4000, inMs < 7000]).toEqual([true, true]);
    isDown = false;
    const [, second] = await receiver.wait('/down', 2);
    if (!second) throw new Error('it did not come again');
    expect(verify(secret, second)).toMatchObject({ type: 'job.completed', data: { id: jobId } });
    expect([second.headers['webhook-id'], second.body]).toEqual([first?.headers['webhook-id'], first?.body]);
    await expect.poll(() => deliveries(id)).toMatchObject([{ status: 'delivered', tries: [{ status_code: 500 }, { status_code: 200 }] }]);
    await remove(id);
  });

  test('whose worker is killed between sending and writing it down comes again under the same id', async () => {
    const { id, secret } = await endpoint('/killed');
    await submit();
    const [first] = await receiver.wait('/killed', 1);
    await world.roles.get('worker')?.end('SIGKILL');
    await forward();
    await world.start('worker', 'worker');
    const [, second] = await receiver.wait('/killed', 2);
    if (!second) throw new Error('it did not come again');
    expect([second.headers['webhook-id'], second.body]).toEqual([first?.headers['webhook-id'], first?.body]);
    expect(verify(secret, second)).toMatchObject({ type: 'job.completed' });
    await expect.poll(() => deliveries(id)).toMatchObject([{ status: 'delivered', tries: [{ try: 2, status_code: 200 }] }]);
    await remove(id);
  });

  test('to a living endpoint is not held up by a dead one with hundreds due', async () => {
    const dead = await endpoint('/dead');
    await runAsAdmin(
      world.databaseUrl,
      `insert into webhook_deliveries (id, user_id, endpoint_id, target, event_id, event_type, object_id, occurred_at)
       select new_id('wh_'), '${user.id}', '${dead.id}', '${dead.id}', 'evt_' || n, 'job.completed', 'job_' || n, now() from generate_series(1, 500) n`,
    );
    await receiver.wait('/dead', 8);
    const living = await endpoint('/living');
    for (let i = 0; i < 20; i += 1) await submit();
    await receiver.wait('/living', 20);
    expect(receiver.at('/dead').length).toBeLessThan(20);
    for (const { id } of [dead, living]) await remove(id);
  });

  test('does not follow a redirect, obeys Retry-After, and stops at an endpoint that is gone', async () => {
    const [moved, busy, gone] = [await endpoint('/moved'), await endpoint('/busy'), await endpoint('/gone')];
    await submit();
    await expect.poll(() => deliveries(moved.id)).toMatchObject([{ status: 'pending', tries: [{ status_code: 302 }] }]);
    expect(receiver.at('/followed')).toEqual([]);
    await expect.poll(() => deliveries(busy.id)).toMatchObject([{ status: 'pending', tries: [{ status_code: 429 }] }]);
    const [later] = await deliveries(busy.id);
    expect(Date.parse(String(later?.['next_try_at'])) - Date.now()).toBeGreaterThan(3_500_000);
    await expect.poll(() => deliveries(gone.id)).toMatchObject([{ status: 'failed', tries: [{ status_code: 410 }], next_try_at: null }]);
    expect((await user.call.get(`/v1/webhook_endpoints/${gone.id}`)).body['disabled_at']).toEqual(expect.any(Number));
    await submit();
    await expect.poll(() => deliveries(busy.id)).toHaveLength(2);
    expect(await deliveries(gone.id)).toHaveLength(1);
    for (const { id } of [moved, busy, gone]) await remove(id);
  });

  test("goes to the job's own URL, signed with the secret of the default endpoint, which can be rotated at any time", async () => {
    const stranger = await world.user();
    const rotate = () => stranger.call.post('/v1/webhook_endpoints/default/rotate_secret', {});
    const { body: before } = await rotate();
    const { body: made } = await stranger.call.post('/v1/jobs', { ...job, webhook_url: receiver.url('/own?a=1') });
    const [webhook] = await receiver.wait('/own?a=1', 1);
    if (!webhook) throw new Error('nothing came');
    expect(verify(String(before['signing_secret']), webhook)).toMatchObject({ type: 'job.completed', data: { id: made.id } });
    expect((await stranger.call.get('/v1/webhook_endpoints')).body.data).toEqual([]);
    const { body: sent } = await stranger.call.get('/v1/webhook_endpoints/default/deliveries');
    expect(sent.data).toMatchObject([{ url: receiver.url('/own?a=1'), event: { data: { id: made.id } } }]);
    for (const method of ['POST', 'DELETE'])
      expect((await stranger.call.send(method, '/v1/webhook_endpoints/default', {})).status).toBe(409);
  });

  test('is never sent to a private address that EGRESS_ALLOW does not name, by whatever name it is reached', async () => {
    for (const url of [
      'http://10.1.2.3/',
      'http://169.254.169.254/latest',
      'http://127.0.0.2/',
      'http://2130706434/',
      'http://[::ffff:127.0.0.1]/',
      'http://0.0.0.0/',
    ]) {
      const { status, body } = await user.call.post('/v1/jobs', { ...job, webhook_url: url });
      expect([url, status, body.error?.param]).toEqual([url, 400, 'webhook_url']);
    }
    for (const webhook_url of ['not a url', 'ftp://example.com/', 'https://a:b@example.com/']) {
      expect((await user.call.post('/v1/jobs', { ...job, webhook_url })).body.error.param).toBe('webhook_url');
    }
    const bulk = await user.call.post('/v1/jobs/bulk', { jobs: [{ ...job, webhook_url: 'http://10.1.2.3/' }, job] });
    expect(bulk.body.data).toMatchObject([
      { index: 0, error: { param: 'webhook_url' } },
      { index: 1, job: { status: 'queued' } },
    ]);
  });
});

test('without EGRESS_ALLOW nothing on this machine is reached, though its name be resolved only when it is dialled', async () => {
  const receiver = await startWebhookReceiver();
  const world = await startWorld('embedded');
  try {
    const user = await world.user();
    const local = receiver.url('/secret').replace('127.0.0.1', 'localhost');
    expect(
      (await user.call.post('/v1/webhook_endpoints', { name: 'x', url: receiver.url('/'), event_types: ['job.completed'] })).status,
    ).toBe(400);
    const { body: endpoint } = await user.call.post('/v1/webhook_endpoints', { name: 'x', url: local, event_types: ['job.completed'] });
    const tested = await user.call.post(`/v1/webhook_endpoints/${endpoint.id}/test`, { event_type: 'job.completed' });
    expect([tested.status, tested.body.error.message]).toEqual([400, expect.stringContaining('not public')]);
    await user.call.post('/v1/jobs', job);
    const deliveries = async () => (await user.call.get(`/v1/webhook_endpoints/${endpoint.id}/deliveries`)).body.data;
    await expect
      .poll(deliveries, { timeout: 15_000 })
      .toMatchObject([{ status: 'pending', tries: [{ status_code: null, error: expect.stringContaining('not public') }] }]);
    expect(receiver.received).toEqual([]);
  } finally {
    await world.close();
    await receiver.close();
  }
});
