import type { Answer, Caller } from './caller.ts';
import { startTestApi, type TestApi } from './test-api.ts';

export interface TemplateWorld {
  api: TestApi;
  ada: Caller;
  bob: Caller;
}

/** An API with the models `mock` and `other`, and two users with credits. */
export async function startTemplateWorld(): Promise<TemplateWorld> {
  const api = await startTestApi();
  const [ada, bob] = [await api.user('ada@example.com'), await api.user('bob@example.com')];
  await api.admin.post('/v1/admin/providers', { name: 'mock', base_url: 'http://127.0.0.1:9/v1', api_key: 'x' });
  const price = { mode: 'simple', input_price: '1', output_price: '2' };
  const routes = [{ provider: 'mock', model: 'm' }];
  for (const alias of ['mock', 'other']) await api.admin.post('/v1/admin/models', { alias, routes, price });
  for (const { id } of [ada, bob]) await api.admin.post('/v1/admin/orders', { user_id: id, amount: '100000', note: 'test' });
  return { api, ada: ada.caller, bob: bob.caller };
}

/** A template with every kind of tag. */
export const greeting = {
  name: 'Greeting',
  name_zh: '问候',
  category: 'writing',
  tags: ['hello', '问候'],
  model: 'mock',
  system: 'You greet in {{language}}.',
  user: 'Greet {{name}}.{{#topics}}\n- {{.}}{{/topics}}{{^topics}} Say nothing else.{{/topics}}',
  variables: {
    properties: {
      name: { type: 'string', title: 'Name', title_zh: '姓名', maxLength: 20 },
      language: { type: 'string', title: 'Language', title_zh: '语言', enum: ['English', '中文'], default: 'English' },
      topics: { type: 'array', items: { type: 'string' } },
      times: { type: 'integer', minimum: 1 },
    },
    required: ['name'],
  },
  params: { temperature: 0.3, max_tokens: 100 },
};
/** Makes one under this slug, with `more` over it. */
export const make = (caller: Caller, slug: string, more: object = {}): Promise<Answer> =>
  caller.post('/v1/templates', { slug, ...greeting, ...more });
