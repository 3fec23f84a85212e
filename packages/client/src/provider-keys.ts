import { createPages, type PageQuery, type Pages } from './pages.ts';
import type { CallOptions, CreateOptions, Transport } from './transport.ts';
import type { ProviderKey, ProviderKeyRequest, ProviderKeyTest } from './wire.ts';

/** Provider keys of your own: jobs use them that are submitted with `key: 'own'` or `'auto'`. What is stored is never shown again. */
export interface ProviderKeys {
  list(query?: PageQuery, options?: CallOptions): Pages<ProviderKey>;
  get(id: string, options?: CallOptions): Promise<ProviderKey>;
  create(request: ProviderKeyRequest, options?: CreateOptions): Promise<ProviderKey>;
  /** Puts another secret in its place; a key that was refused is in use again. */
  rotate(id: string, apiKey: string, options?: CallOptions): Promise<ProviderKey>;
  /** Makes a real call of one token, at the cost of the account that the key belongs to. */
  test(id: string, options?: CallOptions): Promise<ProviderKeyTest>;
  delete(id: string, options?: CallOptions): Promise<void>;
  /** The providers that a key may be stored for, with the models it can then be used for. */
  providers(options?: CallOptions): Promise<{ name: string; models: string[] }[]>;
}

export function createProviderKeys(transport: Transport): ProviderKeys {
  const path = '/v1/provider-keys';
  const pathOf = (id: string, verb = '') => `${path}/${encodeURIComponent(id)}${verb}`;
  return {
    list: (query, options) => createPages<ProviderKey>(transport, path, query, options),
    get: (id, options) => transport.json({ ...options, path: pathOf(id) }),
    create: (body, options) => transport.json({ ...options, method: 'POST', path, body }),
    rotate: (id, apiKey, options) => transport.json({ ...options, method: 'POST', path: pathOf(id, '/rotate'), body: { api_key: apiKey } }),
    test: (id, options) => transport.json({ ...options, method: 'POST', path: pathOf(id, '/test') }),
    delete: (id, options) => transport.json({ ...options, method: 'DELETE', path: pathOf(id) }),
    providers: async (options) =>
      (await transport.json<{ data: { name: string; models: string[] }[] }>({ ...options, path: `${path}/providers` })).data,
  };
}
