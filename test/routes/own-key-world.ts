import { startSimulator, type Simulator } from '@sluice/providers';
import { startTestApi, type TestApi } from './test-api.ts';

export const path = '/v1/provider-keys';
export const price = { mode: 'simple', input_price: '1', output_price: '2' };

export interface OwnKeyWorld {
  api: TestApi;
  simulator: Simulator;
  close(): Promise<void>;
}

/** Providers `one`, `two` and `idle`; model `both` goes to the first two of them, model `second` to `two` alone. */
export async function startOwnKeyWorld(env: Record<string, string> = {}): Promise<OwnKeyWorld> {
  const [api, simulator] = await Promise.all([startTestApi(env), startSimulator()]);
  for (const name of ['one', 'two', 'idle'])
    await api.admin.post('/v1/admin/providers', { name, base_url: simulator.baseUrl, api_key: `sk-platform-${name}` });
  const routes = ['one', 'two'].map((provider) => ({ provider, model: 'sluice-sim-fast' }));
  await api.admin.post('/v1/admin/models', { alias: 'both', capabilities: ['text'], routes, price });
  await api.admin.post('/v1/admin/models', { alias: 'second', capabilities: ['text'], routes: routes.slice(1), price });
  return {
    api,
    simulator,
    async close() {
      await api.close();
      await simulator.close();
    },
  };
}

let secrets = 0;
export const newSecret = () => `sk-own-secret-${String((secrets += 1)).padStart(4, '0')}`;
