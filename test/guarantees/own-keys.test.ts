import { createDatabase, execute, sql, type Database } from '@sluice/core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addModel, addProvider, asking, mostAtOnce, submitAll, untilEnded } from '../support/provider-setup.ts';
import { startWorld, type TestUser, type World } from '../support/world.ts';

const platform = 'plat';
let names = 0;

/** A user's own keys are called for that user's jobs, and nobody else pays for what they do. */
describe.each([
  ['embedded', '0'],
  ['distributed', '0.2'],
] as const)('%s, with a price factor of %s', (mode, factor) => {
  let world: World;
  let db: Database;
  let user: TestUser;
  /** The last four characters of the user's key. */
  let own: string;
  let keyId: string;

  beforeAll(async () => {
    world = await startWorld(mode, { BYOK_PRICE_FACTOR: factor, LOG_LEVEL: 'debug' });
    db = await createDatabase({ url: world.databaseUrl, poolSize: 2 });
    await addProvider(world, { name: 'first', baseUrl: world.simulator.baseUrl, keys: [`sk-platform-${platform}`] });
    await addProvider(world, { name: 'second', baseUrl: world.simulator.baseUrl, keys: [`sk-platform-${platform}`] });
    await addModel(world, 'first', ['first', 'second']);
  });
  afterAll(async () => {
    await db?.close();
    await world?.close();
  });
  beforeEach(async () => {
    world.simulator.setFaults({});
    world.simulator.ledger.clear();
    user = await world.user('100');
    own = `o${String((names += 1)).padStart(3, '0')}`;
    keyId = await store(user, own);
  });

  async function store({ call }: TestUser, lastFour: string, provider = 'first'): Promise<string> {
    const { status, body, text } = await call.post('/v1/provider-keys', { provider, api_key: `sk-own-of-a-user-${lastFour}` });
    if (status !== 201) throw new Error(text);
    return body.id;
  }
  const keysCalled = () => world.simulator.ledger.calls().map(({ key }) => key);
  const keyNow = async () => (await user.call.get(`/v1/provider-keys/${keyId}`)).body;
  async function run(by: TestUser, ...jobs: object[]) {
    return untilEnded(by, await submitAll(by, jobs));
  }
  const ask = (more: object = {}) => asking('first', { tokens: 5 }, { key: 'own', ...more });

  async function settledCosts(ids: string[]) {
    const look = () =>
      execute<{ cost: string; exact: string; factor: string }>(
        db.em(),
        sql`select cost::text, (cost_exact / nullif(price_factor, 0))::float8 as exact, price_factor::float8::text as factor
            from settlements where job_id = any(${ids})`,
      );
    await expect.poll(async () => (await look()).length, { timeout: 10_000 }).toBe(ids.length);
    return look();
  }

  test('jobs are called with the own key, those that do not ask with the platform key, and each is charged once', async () => {
    const ids = await submitAll(user, [ask(), ask({ key: 'auto' }), ask({ key: 'platform' }), asking('first', { tokens: 5 })]);
    const jobs = await untilEnded(user, ids);
    expect(jobs.map(({ status, key }) => [status, key])).toEqual([
      ['completed', 'own'],
      ['completed', 'own'],
      ['completed', 'platform'],
      ['completed', 'platform'],
    ]);
    expect(keysCalled().toSorted()).toEqual([own, own, platform, platform]);

    await settledCosts(ids);
    const costs = await Promise.all(ids.map(async (id) => (await user.call.get(`/v1/jobs/${id}`)).body['billing'] as { cost: string }));
    const [first = 0, , whole = 0] = costs.map(({ cost }) => Number(cost));
    expect(whole).toBeGreaterThan(0);
    expect(first).toBeCloseTo(whole * Number(factor), 4);
    const { body: wallet } = await user.call.get('/v1/wallet');
    const spent = costs.reduce((sum, { cost }) => sum + Number(cost), 0);
    expect(Number(wallet['balance'])).toBeCloseTo(100 - spent, 4);
    expect(wallet).toMatchObject({ held: '0.0000', debt: '0.0000' });
    const { body: audit } = await world.admin.get('/v1/admin/audit');
    expect(audit).toMatchObject({ findings: 0 });
  });

  test('a refused key is disabled for its user alone; their job fails with why, and no other key is tried', async () => {
    const other = await world.user('100');
    const others = `x${own.slice(1)}`;
    await store(other, others);
    world.simulator.setFaults({ keys: { [own]: { status: 401, message: `The key sk-own-of-a-user-${own} was revoked.` } } });

    const [job] = await run(user, ask());
    expect(job).toMatchObject({
      status: 'failed',
      failures: 1,
      error: { code: 'provider_auth', message: expect.stringMatching(/^Your own key for first was refused: .*revoked/) },
    });
    expect(keysCalled()).toEqual([own]);
    expect(await keyNow()).toMatchObject({ enabled: false, disabled_reason: expect.stringContaining('revoked') });
    expect(JSON.stringify([job, await keyNow()])).not.toContain('sk-own');
    const logs = [...world.roles.values()].map((role) => role.log()).join('');
    expect(logs).toContain(`${keyId}.1`);
    expect(logs).not.toContain('sk-own');
    expect((await user.call.post('/v1/jobs', ask())).status).toBe(409);

    // Neither the platform's key nor another user's has suffered.
    const [platformJob] = await run(user, ask({ key: 'platform' }));
    const [othersJob] = await run(other, ask());
    expect([platformJob?.status, othersJob?.status]).toEqual(['completed', 'completed']);
    expect(keysCalled().slice(1)).toEqual([platform, others]);
    const { body: providers } = await world.admin.get('/v1/admin/providers');
    expect(providers.data.filter((provider) => provider['state'] !== 'ready')).toEqual([]);

    // Another secret under the same id counts at once: what was learnt of the old one is not held against it.
    world.simulator.ledger.clear();
    expect((await user.call.post(`/v1/provider-keys/${keyId}/rotate`, { api_key: `sk-own-of-a-user-y${own.slice(1)}` })).status).toBe(200);
    expect((await run(user, ask()))[0]).toMatchObject({ status: 'completed' });
    expect(keysCalled()).toEqual([`y${own.slice(1)}`]);
  });

  test('when one own key is refused, another of the same user goes on, on the same route or the next', async () => {
    const [same, next] = [`s${own.slice(1)}`, `n${own.slice(1)}`];
    await store(user, same);
    await store(user, next, 'second');
    world.simulator.setFaults({ keys: { [own]: { status: 401 }, [same]: { status: 403 } } });
    const [job] = await run(user, ask());
    expect(job).toMatchObject({ status: 'completed', provider: 'second', attempt: 3, key: 'own' });
    expect(keysCalled().at(-1)).toBe(next);
    expect(keysCalled().slice(0, 2).toSorted()).toEqual([own, same].toSorted());
  });

  test('a key that is removed while jobs run is called no more: what runs ends, what waits fails clearly', async () => {
    const slow = asking('first', { tokens: 40, tokens_per_s: 25 }, { key: 'own' });
    const [running] = await submitAll(user, [slow]);
    await expect.poll(() => keysCalled().length, { timeout: 10_000 }).toBe(1);
    // The second is told to come back later, by when there is no key.
    world.simulator.setFaults({ keys: { [own]: { status: 429, retry_after: 1 } } });
    const [waiting] = await submitAll(user, [ask()]);
    await expect.poll(() => keysCalled().length, { timeout: 10_000 }).toBe(2);
    await user.call.delete(`/v1/provider-keys/${keyId}`);
    const [first, second] = await untilEnded(user, [running ?? '', waiting ?? '']);
    expect(first).toMatchObject({ status: 'completed' });
    expect(second).toMatchObject({
      status: 'failed',
      failures: 1,
      error: { code: 'provider_auth', message: expect.stringContaining('no usable key of your own for first') },
      billing: { price_factor: Number(factor).toFixed(4) },
    });
    expect(keysCalled()).toEqual([own, own]);
    expect((await user.call.post('/v1/jobs', ask())).body.error).toMatchObject({ code: 'invalid_request', param: 'key' });
  });

  test('a provider without a usable platform key serves those who bring theirs', async () => {
    const id = await addProvider(world, { name: `bare-${own}`, baseUrl: world.simulator.baseUrl, keys: ['sk-platform-bare'] });
    await addModel(world, `bare-${own}`, [`bare-${own}`]);
    const { body: provider } = await world.admin.get(`/v1/admin/providers/${id}`);
    const [platformKey] = provider['keys'] as { id: string }[];
    await world.admin.patch(`/v1/admin/providers/${id}/keys/${platformKey?.id}`, { enabled: false });
    await store(user, own, `bare-${own}`);
    const [job] = await run(user, asking(`bare-${own}`, { tokens: 5 }, { key: 'own' }));
    expect(job).toMatchObject({ status: 'completed', key: 'own' });
    expect(keysCalled()).toEqual([own]);
  });

  test('a batch is run with the own key, and a line that says otherwise is not', async () => {
    const line = (id: string, body: object) => JSON.stringify({ custom_id: id, method: 'POST', url: '/v1/jobs', body });
    const lines = [line('a', asking('first', { tokens: 2 })), line('b', asking('first', { tokens: 2 }, { key: 'platform' }))];
    const form = new FormData();
    form.append('purpose', 'batch');
    form.append('file', new Blob([`${lines.join('\n')}\n`]), 'in.jsonl');
    const upload = new Response(form);
    const { body: file } = await user.call.post('/v1/files', undefined, {
      raw: new Uint8Array(await upload.arrayBuffer()),
      headers: { 'content-type': upload.headers.get('content-type') ?? '' },
    });
    const request = { input_file_id: file.id, endpoint: '/v1/jobs', completion_window: '1h', key: 'own' };
    const { body: batch } = await user.call.post('/v1/batches', request);
    await expect
      .poll(async () => (await user.call.get(`/v1/batches/${batch.id}`)).body, { timeout: 30_000 })
      .toMatchObject({ status: 'completed', request_counts: { completed: 2 } });
    expect(keysCalled().toSorted()).toEqual([own, platform]);
  });

  test("a user's full key makes that user's jobs wait, and nobody else's", async () => {
    const many = await submitAll(
      user,
      Array.from({ length: 25 }, () => asking('first', { hang: true }, { key: 'own' })),
    );
    const ownCalls = () => world.simulator.ledger.calls().filter(({ key }) => key === own);
    await expect.poll(() => ownCalls().length, { timeout: 10_000 }).toBe(20);
    const other = await world.user('100');
    const [quick] = await run(other, asking('first', { tokens: 1 }));
    expect(quick).toMatchObject({ status: 'completed' });
    expect(ownCalls().filter(({ endedAt }) => endedAt === null)).toHaveLength(20);
    await Promise.all(many.toReversed().map((id) => user.call.post(`/v1/jobs/${id}/cancel`)));
    const jobs = await untilEnded(user, many);
    expect(jobs.filter(({ status }) => status !== 'cancelled')).toEqual([]);
    expect(mostAtOnce(ownCalls())).toBeLessThanOrEqual(20);
  });
});
