import { sleep } from '@sluice/platform';
import type { SimCall } from '@sluice/providers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addModel, addProvider, asking, mostAtOnce, mostWithin, submitAll, untilEnded } from '../support/provider-setup.ts';
import { startWorld, type TestUser, type World } from '../support/world.ts';

let world: World;
let user: TestUser;

beforeAll(async () => {
  world = await startWorld('distributed');
  user = await world.user('1000000');
});
afterAll(() => world.close());

const callsOf = (...keys: string[]) => world.simulator.ledger.calls().filter(({ key }) => keys.includes(key));

/** A call reaches the provider a little after it was admitted, the first of a window perhaps later than the last. */
const travelMs = 1000;

/** What a call used, as the simulator charges it: a token a delta, and the same short prompt each time. */
const tokensOf = ({ tokens }: SimCall, promptTokens: number) => promptTokens + tokens;

test('one model that is full makes its own jobs wait; the others of its lane go on', async () => {
  const limits = { models: { 'sluice-sim-fast': { rpm: 2 } } };
  await addProvider(world, { name: 'split', baseUrl: world.simulator.baseUrl, keys: ['sk-split-ffff'], limits });
  await addModel(world, 'full', ['split']);
  const price = { mode: 'simple', input_price: '1', output_price: '2' };
  const routes = [{ provider: 'split', model: 'sluice-sim-free' }];
  expect((await world.admin.post('/v1/admin/models', { alias: 'free', routes, price })).status).toBe(201);
  // More than a worker handles at once.
  const full = await submitAll(user, Array(250).fill(asking('full', { tokens: 5 })) as object[]);
  const free = await untilEnded(user, await submitAll(user, Array(8).fill(asking('free', { tokens: 5 })) as object[]));
  expect(new Set(free.map(({ status, failures }) => `${status} ${failures}`))).toEqual(new Set(['completed 0']));
  await expect.poll(() => callsOf('ffff').filter(({ model }) => model === 'sluice-sim-fast').length).toBe(2);
  const states = await Promise.all(full.map(async (id) => (await user.call.get(`/v1/jobs/${id}`)).body['status']));
  expect(states.filter((status) => status === 'queued')).toHaveLength(248);
  await Promise.all(full.map((id) => user.call.post(`/v1/jobs/${id}/cancel`)));
}, 30_000);

test('killing a worker returns its places within one lease, and never more are taken than there are', async () => {
  await addProvider(world, { name: 'narrow', baseUrl: world.simulator.baseUrl, keys: ['sk-narrow-dddd'], limits: { concurrency: 2 } });
  await addModel(world, 'narrow', ['narrow']);
  const slow = asking('narrow', { tokens: 60, tokens_per_s: 4 });
  const held = await submitAll(user, [slow, slow]);
  await expect.poll(() => callsOf('dddd').length, { timeout: 10_000 }).toBe(2);
  await world.start('worker-2', 'worker');
  const waiting = await submitAll(
    user,
    Array.from({ length: 2 }, () => asking('narrow', { tokens: 5 })),
  );
  await sleep(1500);
  expect(callsOf('dddd')).toHaveLength(2);

  await world.roles.get('worker')?.end('SIGKILL');
  const killedAt = Date.now();
  const jobs = await untilEnded(user, [...waiting, ...held]);
  expect(new Set(jobs.map(({ status }) => status))).toEqual(new Set(['completed']));
  const next = callsOf('dddd').find(({ startedAt }) => startedAt > killedAt);
  expect((next?.startedAt ?? 0) - killedAt).toBeLessThan(33_000);
  expect(mostAtOnce(callsOf('dddd'))).toBeLessThanOrEqual(2);
}, 120_000);

test('4 workers and 3 keys never exceed requests a minute, tokens a minute or calls at once', async () => {
  await Promise.all(['worker-3', 'worker-4', 'worker-5'].map((name) => world.start(name, 'worker')));
  const { baseUrl } = world.simulator;
  const keys = ['sk-limits-aaaa', 'sk-limits-bbbb', 'sk-limits-cccc'];
  await addProvider(world, { name: 'counted', baseUrl, keys, limits: { rpm: 30, concurrency: 3 } });
  await addModel(world, 'counted', ['counted']);
  await addProvider(world, { name: 'weighed', baseUrl, keys: ['sk-weighed-eeee'], limits: { tpm: 3000 } });
  await addModel(world, 'weighed', ['weighed']);

  // 90 a minute are allowed; the rest has to wait for the next. Of the second model about 30 a minute.
  const counted = await submitAll(
    user,
    Array.from({ length: 120 }, () => asking('counted', { tokens: 20, tokens_per_s: 60 })),
  );
  const weighed = await submitAll(
    user,
    Array.from({ length: 45 }, () => asking('weighed', { tokens: 80 }, { params: { max_tokens: 100 } })),
  );
  const jobs = await untilEnded(user, [...counted, ...weighed]);
  expect(jobs.filter(({ status, failures }) => status !== 'completed' || failures > 0)).toEqual([]);
  expect(world.simulator.ledger.calls().filter(({ status }) => status === 429)).toEqual([]);

  for (const key of ['aaaa', 'bbbb', 'cccc']) {
    const calls = callsOf(key);
    expect(calls.length).toBeGreaterThan(20);
    expect(mostAtOnce(calls)).toBeLessThanOrEqual(3);
    expect(
      mostWithin(
        60_000 - travelMs,
        calls.map(({ startedAt }) => ({ at: startedAt, weight: 1 })),
      ),
    ).toBeLessThanOrEqual(30);
  }
  const promptTokens = jobs.at(-1)?.usage.input_tokens ?? 0;
  const used = callsOf('eeee').map((call) => ({ at: call.startedAt, weight: tokensOf(call, promptTokens) }));
  const most = mostWithin(60_000 - travelMs, used);
  expect(most).toBeLessThanOrEqual(3000 * 1.05);
  expect(most).toBeGreaterThan(3000 * 0.8);
}, 180_000);
