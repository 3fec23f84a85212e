import { expect } from 'vitest';
import type { OpenAI } from 'openai';
import { startWorld, type Mode, type TestUser, type World } from '../support/world.ts';
import { createSdk } from './clients.ts';

/** A started server with what the contract's cases need besides. */
export interface SurfaceWorld extends World {
  person: TestUser;
  sdk: OpenAI;
  /** Holds the one place of the model `narrow`, so that whatever is asked of it waits in the queue; the answer lets go. */
  pause(): Promise<() => Promise<void>>;
}

/** Models: `mock`; `narrow`, which takes one call at a time; `org/m`. */
export async function startSurfaceWorld(mode: Mode, env: Record<string, string> = {}): Promise<SurfaceWorld> {
  const world = await startWorld(mode, env);
  const { admin, simulator } = world;
  const price = { mode: 'simple', input_price: '1', output_price: '2' };
  await admin.post('/v1/admin/providers', {
    name: 'narrow',
    base_url: simulator.baseUrl,
    api_key: 'sk-narrow',
    limits: { concurrency: 1 },
  });
  await admin.post('/v1/admin/models', { alias: 'narrow', routes: [{ provider: 'narrow', model: 'sluice-sim' }], price });
  await admin.post('/v1/admin/models', { alias: 'org/m', routes: [{ provider: 'mock', model: 'sluice-sim' }], price });
  const person = await world.user('10000');
  return {
    ...world,
    person,
    sdk: createSdk({ url: world.url(), key: person.key }, { maxRetries: 0 }),
    async pause() {
      const { body: job } = await person.call.post('/v1/jobs', { model: 'narrow', input: '[[sim {"first_token_ms":100000}]] Hold.' });
      await expect
        .poll(async () => (await person.call.get(`/v1/jobs/${job.id}`)).body, { timeout: 20_000 })
        .toMatchObject({ status: 'running' });
      return async () => void (await person.call.post(`/v1/jobs/${job.id}/cancel`));
    },
  };
}
