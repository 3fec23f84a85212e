import { sleep } from '@sluice/platform';
import { startSimulator, type SimCall, type Simulator } from '@sluice/providers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addModel, addProvider, asking, submitAll, untilEnded } from '../support/provider-setup.ts';
import { startWorld, type TestUser, type World } from '../support/world.ts';

/** 5,000 for the long run: FAULT_JOBS=5000 npm test -- test/guarantees/faults.test.ts */
const jobsMax = Number(process.env.FAULT_JOBS ?? 400);

let world: World;
let user: TestUser;
let sim: Simulator;
let elsewhere: Simulator;

beforeAll(async () => {
  world = await startWorld('distributed', { PROVIDER_FIRST_TOKEN_S: '3', PROVIDER_IDLE_S: '3' });
  user = await world.user('1000000');
  sim = world.simulator;
  elsewhere = await startSimulator();
});
afterAll(async () => {
  await elsewhere.close();
  await world.close();
});
beforeEach(() => {
  sim.setFaults({});
  sim.ledger.clear();
  elsewhere.ledger.clear();
});

const callsOf = (key: string, simulator = sim) => simulator.ledger.calls().filter((call) => call.key === key);
const laneKeys = async (name: string) => {
  const { data } = (await world.admin.get('/v1/admin/lanes')).body;
  return data.find(({ provider }) => provider === name)?.['keys'] as object[];
};
const providerState = async (id: string) => (await world.admin.get(`/v1/admin/providers/${id}`)).body;

describe('a key that has had its share', () => {
  test('a 429 with Retry-After 20 on one key: no call with it for 20 s, while the other key serves everybody', async () => {
    await addProvider(world, { name: 'limited', baseUrl: sim.baseUrl, keys: ['sk-limited-aaaa', 'sk-limited-bbbb'] });
    await addModel(world, 'limited', ['limited']);
    await untilEnded(user, await submitAll(user, [asking('limited', { tokens: 5 }), asking('limited', { tokens: 5 })]));
    sim.setFaults({ keys: { aaaa: { status: 429, retry_after: 20 } } });

    const ids: string[] = [];
    for (const startMs = Date.now(); Date.now() - startMs < 21_000; await sleep(200)) {
      ids.push(...(await submitAll(user, [asking('limited', { tokens: 5 }), asking('limited', { tokens: 5 })])));
    }
    const jobs = await untilEnded(user, ids);
    const refused = callsOf('aaaa').filter(({ status }) => status === 429);
    const firstAt = refused[0]?.startedAt ?? 0;
    // What was under way at that moment may still arrive.
    expect(refused.filter(({ startedAt }) => startedAt > firstAt + 250 && startedAt < firstAt + 20_000)).toEqual([]);
    expect(new Set(jobs.map(({ status }) => status))).toEqual(new Set(['completed']));
    expect(callsOf('bbbb').filter(({ outcome }) => outcome === 'completed').length).toBeGreaterThanOrEqual(ids.length);
    const slow = jobs.filter(({ timings }) => timings.total_ms > 3000);
    expect(slow.length).toBeLessThan(ids.length * 0.05);
  }, 60_000);

  test('with one key its job waits until then, and burns nothing by waiting', async () => {
    await addProvider(world, { name: 'patient', baseUrl: sim.baseUrl, keys: ['sk-patient-cccc'] });
    await addModel(world, 'patient', ['patient']);
    const directive = { tag: 'patient', fail_first: 1, status: 429, retry_after: 3, tokens: 5 };
    const [first] = await untilEnded(user, await submitAll(user, [asking('patient', directive, { max_attempts: 2 })]));
    const others = await submitAll(user, [asking('patient', { tokens: 5 }, { max_attempts: 1 })]);
    expect(first).toMatchObject({ status: 'completed', failures: 1, attempt: 2 });
    expect(await untilEnded(user, others)).toMatchObject([{ status: 'completed', failures: 0 }]);
    const [one, two] = sim.ledger.calls('patient');
    expect((two?.startedAt ?? 0) - (one?.startedAt ?? 0)).toBeGreaterThanOrEqual(3000);
  }, 30_000);
});

describe('a key that is refused', () => {
  test('is disabled and says so, and its job goes on with another key', async () => {
    const id = await addProvider(world, { name: 'refused', baseUrl: sim.baseUrl, keys: ['sk-refused-dddd', 'sk-refused-eeee'] });
    await addModel(world, 'refused', ['refused']);
    sim.setFaults({ keys: { dddd: { status: 401, message: 'This key was revoked.' } } });
    const jobs = await untilEnded(
      user,
      await submitAll(
        user,
        Array.from({ length: 8 }, () => asking('refused', { tokens: 5 })),
      ),
    );
    expect(new Set(jobs.map(({ status }) => status))).toEqual(new Set(['completed']));
    const { state, keys } = (await providerState(id)) as unknown as { state: string; keys: { last_four: string; enabled: boolean }[] };
    expect(state).toBe('ready');
    const disabled = { enabled: false, disabled_reason: expect.stringContaining('This key was revoked.') as string };
    expect(keys.find(({ last_four: end }) => end === 'dddd')).toMatchObject(disabled);
    expect(await laneKeys('refused')).toContainEqual(expect.objectContaining({ last_four: 'dddd', running: 0, ...disabled }));
    const metrics = await (await fetch(`${world.url()}/metrics`)).text();
    for (const row of ['state="disabled"} 1', 'state="enabled"} 1', 'state="open"} 0'])
      expect(metrics).toContain(`sluice_provider_keys{provider="refused",${row}`);
    sim.ledger.clear();
    await untilEnded(
      user,
      await submitAll(
        user,
        Array.from({ length: 8 }, () => asking('refused', { tokens: 5 })),
      ),
    );
    expect(callsOf('dddd')).toEqual([]);
  }, 30_000);

  test('when it was the only one: jobs go to the next route, or fail with a clear error; nobody asks in a loop', async () => {
    await addProvider(world, { name: 'keyless', baseUrl: sim.baseUrl, keys: ['sk-keyless-ffff'] });
    await addProvider(world, { name: 'spare', baseUrl: sim.baseUrl, keys: ['sk-spare-gggg'] });
    await addModel(world, 'alone', ['keyless']);
    await addModel(world, 'covered', ['keyless', 'spare']);
    sim.setFaults({ keys: { ffff: { status: 401 } } });
    const ids = await submitAll(user, [
      ...Array.from({ length: 5 }, () => asking('alone', { tokens: 5 })),
      ...Array.from({ length: 5 }, () => asking('covered', { tokens: 5 })),
    ]);
    const jobs = await untilEnded(user, ids);
    for (const job of jobs.slice(0, 5)) expect(job).toMatchObject({ model: 'alone', status: 'failed', error: { code: 'provider_auth' } });
    for (const job of jobs.slice(5)) expect(job).toMatchObject({ status: 'completed', provider: 'spare' });
    expect(callsOf('ffff').length).toBeLessThanOrEqual(10);
    expect(new Set(sim.ledger.calls().map(({ key }) => key))).toEqual(new Set(['ffff', 'gggg']));
    expect(await user.call.post('/v1/jobs', asking('alone', {}))).toMatchObject({ status: 503 });
  }, 30_000);
});

describe('a provider that is dead', () => {
  test('costs its time-out once, then nothing: the breaker sends everybody to the fallback', async () => {
    await addProvider(world, { name: 'dead', baseUrl: elsewhere.baseUrl, keys: ['sk-dead-hhhh'] });
    await addProvider(world, { name: 'alive', baseUrl: sim.baseUrl, keys: ['sk-alive-iiii'] });
    await addModel(world, 'fallback', ['dead', 'alive']);
    elsewhere.setFaults({ rates: { hang: 1 } });
    const ask = async () => (await untilEnded(user, await submitAll(user, [asking('fallback', { tokens: 5 })])))[0];
    expect(await ask()).toMatchObject({ status: 'completed', provider: 'alive', attempt: 2, failures: 1 });
    for (let i = 0; i < 10; i += 1) {
      const job = await ask();
      expect(job).toMatchObject({ status: 'completed', provider: 'alive', failures: 0 });
      expect(job?.timings.total_ms).toBeLessThan(1500);
    }
    expect(callsOf('hhhh', elsewhere)).toHaveLength(1);
    const [key] = await laneKeys('dead');
    expect(key).toMatchObject({ enabled: true, rests: [{ model: 'sluice-sim-fast', state: expect.stringMatching(/open/) as string }] });
  }, 30_000);
});

/** What the simulator saw of one job, whose calls all have its tag. */
function checkCalls(calls: SimCall[], usage: { input_tokens: number; output_tokens: number }): void {
  expect(calls.length).toBeLessThanOrEqual(6);
  const done = calls.filter(({ outcome }) => outcome === 'completed');
  // More than one where this machine is so slow that a whole answer came after our own time-out.
  expect(done.length).toBeGreaterThan(0);
  expect(usage.output_tokens).toBe(done.at(-1)?.tokens);
}

test(`10 % random faults over ${jobsMax} jobs: all complete, every charge is what the answer cost`, async () => {
  await addProvider(world, { name: 'shaky', baseUrl: sim.baseUrl, keys: ['sk-shaky-jjjj', 'sk-shaky-kkkk', 'sk-shaky-llll'] });
  await addModel(world, 'shaky', ['shaky']);
  const before = (await user.call.get('/v1/me')).body as unknown as { wallet: { balance: string } };
  sim.setFaults({ seed: 20, rates: { rate_limited: 0.02, server_error: 0.02, reset: 0.02, cut: 0.02, stall: 0.01, garbage: 0.01 } });
  const asked = Array.from({ length: jobsMax }, (_, i) => asking('shaky', { tag: `f${i}`, tokens: 20 + (i % 50) }, { max_attempts: 6 }));
  const ids = await submitAll(user, asked);
  const jobs = await untilEnded(user, ids);
  expect(jobs.filter(({ status }) => status !== 'completed')).toEqual([]);

  const byTag = Map.groupBy(sim.ledger.calls(), ({ tag }) => tag);
  for (const [i, { usage }] of jobs.entries()) checkCalls(byTag.get(`f${i}`) ?? [], usage);

  await expect
    .poll(async () => (await user.call.get('/v1/me')).body, { timeout: 20_000 })
    .toMatchObject({ wallet: { held: '0.0000', open_jobs: 0 } });
  const settled = await untilEnded(user, ids);
  // 1 credit for 1,000 tokens in, 2 for 1,000 out: in tenths of a thousandth, so that the sum is exact.
  const units = settled.map(({ usage }) => usage.input_tokens * 10 + usage.output_tokens * 20);
  for (const [i, { billing }] of settled.entries()) expect(Math.round(Number(billing.cost) * 10_000)).toBe(units[i]);
  const after = (await user.call.get('/v1/me')).body as unknown as { wallet: { balance: string } };
  const paid = Math.round((Number(before.wallet.balance) - Number(after.wallet.balance)) * 10_000);
  expect(paid).toBe(units.reduce((sum, unit) => sum + unit, 0));
  expect((await world.admin.get('/v1/admin/audit')).body).toMatchObject({ findings: 0 });
  expect(sim.ledger.outcomes()['completed']).toBeGreaterThanOrEqual(jobsMax);
}, 600_000);
