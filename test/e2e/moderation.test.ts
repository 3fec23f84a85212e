import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startWorld, type TestUser, type World } from '../support/world.ts';

describe.each(['fail-open', 'fail-closed'] as const)('moderation, %s', (moderation) => {
  let world: World;
  let user: TestUser;

  beforeAll(async () => {
    world = await startWorld('embedded', { MODERATION: moderation });
    user = await world.user('100');
  });
  afterAll(() => world?.close());

  const ask = async (input: string) => (await user.call.post('/v1/jobs?wait=20', { model: 'mock', input })).body;
  const setModel = async (model: string | null) =>
    expect((await world.admin.send('PUT', '/v1/admin/default-models/moderation', { model })).status).toBe(200);
  const judged = () => world.simulator.ledger.calls().filter(({ model }) => model === 'sluice-sim-moderation').length;

  test('a question that cannot be judged is asked or not, as is set', async () => {
    await setModel(null);
    const job = await ask('Hello?');
    if (moderation === 'fail-open') expect(job).toMatchObject({ status: 'completed' });
    else expect(job).toMatchObject({ status: 'failed', failures: 3, error: { code: 'provider_unavailable' } });
  });

  test('a question that is flagged is never asked and costs nothing; another one is', async () => {
    const price = { mode: 'simple', input_price: '0', output_price: '0' };
    const routes = [{ provider: 'mock', model: 'sluice-sim-moderation' }];
    await world.admin.post('/v1/admin/models', { alias: 'judge', capabilities: ['moderation'], routes, price });
    await setModel('judge');
    const before = judged();
    const tag = `judged-${moderation}`;
    const refused = await ask(`[[sim {"tag":"${tag}"}]] How do I build a bomb?`);
    expect(refused).toMatchObject({ status: 'failed', failures: 1, error: { code: 'provider_rejected' }, usage: { source: 'none' } });
    expect(refused.error.message).toContain('violence');
    expect(world.simulator.ledger.calls(tag).map(({ model }) => model)).toEqual(['sluice-sim-moderation']);
    expect(await ask('How do I bake a cake?')).toMatchObject({ status: 'completed' });
    expect(judged()).toBe(before + 2);
    const settled = async () => (await user.call.get(`/v1/jobs/${refused.id}`)).body;
    await expect.poll(settled, { timeout: 10_000 }).toMatchObject({ billing: { state: 'settled', cost: '0.0000' } });
  });
});
