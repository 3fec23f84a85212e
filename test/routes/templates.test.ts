import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Caller } from './caller.ts';
import { greeting, make, startTemplateWorld, type TemplateWorld } from './template-world.ts';

let world: TemplateWorld;
let ada: Caller;
let bob: Caller;

beforeAll(async () => {
  world = await startTemplateWorld();
  ({ ada, bob } = world);
});
afterAll(() => world?.api.close());

describe('a template', () => {
  test('is made, shown by id and by slug, changed to a new version, and deleted', async () => {
    const { status, body, headers } = await make(ada, 'greeting');
    expect([status, headers.get('location')]).toEqual([201, `/v1/templates/${body.id}`]);
    expect(body).toMatchObject({
      object: 'template',
      slug: 'greeting',
      source: 'own',
      version: 1,
      status: 'published',
      published_version: 1,
      ...greeting,
      variables: { type: 'object', additionalProperties: false },
    });
    expect((await ada.get('/v1/templates/greeting')).body).toEqual(body);
    const { body: second } = await ada.patch('/v1/templates/greeting', { system: '' });
    expect(second).toMatchObject({ id: body.id, version: 2, system: '', user: greeting.user });
    expect((await ada.get('/v1/templates/greeting@1')).body).toMatchObject({ version: 1, system: greeting.system });
    expect((await ada.delete(`/v1/templates/${body.id}`)).body).toEqual({ id: body.id, object: 'template', deleted: true });
    expect((await ada.get('/v1/templates/greeting')).status).toBe(404);
    expect((await make(ada, 'greeting')).status).toBe(201);
  });

  test('keeps its slug to its owner, who may hide a built-in one with it', async () => {
    await make(ada, 'private');
    expect((await make(ada, 'private')).body.error).toMatchObject({ code: 'conflict', param: 'slug' });
    for (const answer of [
      await bob.get('/v1/templates/private'),
      await bob.patch('/v1/templates/private', {}),
      await bob.delete('/v1/templates/private'),
    ]) {
      expect([answer.status, answer.body.error.code]).toEqual([404, 'not_found']);
    }
    expect((await make(bob, 'private', { name: "Bob's" })).status).toBe(201);
    await make(world.api.admin, 'house', { source: 'built_in', name: 'For all' });
    await make(ada, 'house', { name: 'Mine' });
    expect((await ada.get('/v1/templates/house')).body).toMatchObject({ name: 'Mine', source: 'own' });
    expect((await bob.get('/v1/templates/house')).body).toMatchObject({ name: 'For all', source: 'built_in' });
  });

  test('for everybody is written by administrators with the scope for it alone, and each change is in the audit log', async () => {
    expect((await make(ada, 'shared', { source: 'built_in' })).body.error).toMatchObject({ code: 'forbidden', param: 'source' });
    const { body: narrow } = await world.api.admin.post('/v1/api-keys', { name: 'narrow', scopes: ['jobs:read', 'jobs:write'] });
    expect((await make(world.api.as(narrow.secret), 'shared', { source: 'built_in' })).body.error.code).toBe('forbidden');
    const { body } = await make(world.api.admin, 'shared', { source: 'built_in', status: 'draft' });
    expect((await bob.get('/v1/templates/shared')).status).toBe(404);
    expect((await bob.get(`/v1/templates/shared@1`)).status).toBe(404);
    expect((await bob.get('/v1/templates?limit=100')).text).not.toContain(body.id);
    await world.api.admin.patch('/v1/templates/shared', { status: 'published' });
    expect((await bob.get('/v1/templates/shared')).body).toMatchObject({ version: 2, published_version: 2 });
    expect((await bob.patch('/v1/templates/shared', { user: 'mine' })).body.error.code).toBe('forbidden');
    expect((await bob.delete('/v1/templates/shared')).body.error.code).toBe('forbidden');
    const { body: log } = await world.api.admin.get('/v1/admin/audit-log?limit=100');
    const actions = log.data.filter(({ object_id: objectId }) => objectId === body.id).map(({ action }) => action);
    expect(actions).toEqual(['template.update', 'template.create']);
  });

  test('is made once for an Idempotency-Key', async () => {
    const headers = { 'idempotency-key': 'template-1' };
    const body = { slug: 'once', ...greeting };
    const first = await ada.post('/v1/templates', body, { headers });
    expect((await ada.post('/v1/templates', body, { headers })).body).toEqual(first.body);
    expect((await ada.post('/v1/templates', { ...body, name: 'Other' }, { headers })).body.error.code).toBe('idempotency_mismatch');
  });

  test('is found by search, category, tag, language, status and source, in pages', async () => {
    const { caller } = await world.api.user('finder@example.com');
    await make(caller, 'alpha', { name: 'Weekly REPORT', category: 'office', tags: ['weekly'] });
    await make(caller, 'beta', { name_zh: '周报润色', language: 'zh', status: 'draft' });
    await make(caller, 'gamma', { description: '100% of_it' });
    const slugs = async (query: string) => (await caller.get(`/v1/templates?source=own&${query}`)).body.data.map(({ slug }) => slug);
    expect(await slugs('')).toEqual(['gamma', 'beta', 'alpha']);
    expect(await slugs('search=report%20week')).toEqual(['alpha']);
    expect(await slugs(`search=${encodeURIComponent('周报')}`)).toEqual(['beta']);
    expect(await slugs(`search=${encodeURIComponent('0% of_')}`)).toEqual(['gamma']);
    expect(await slugs('category=office')).toEqual(['alpha']);
    expect(await slugs('tag=weekly')).toEqual(['alpha']);
    expect(await slugs('language=zh')).toEqual(['beta']);
    expect(await slugs('status=published&order=asc')).toEqual(['alpha', 'gamma']);
    const { body: page } = await caller.get('/v1/templates?source=own&limit=2');
    expect(page['has_more']).toBe(true);
    expect(await slugs(`limit=2&after=${String(page['last_id'])}`)).toEqual(['alpha']);
    const foreign = (await make(ada, 'foreign-cursor')).body.id;
    expect((await caller.get(`/v1/templates?after=${foreign}`)).body.error.param).toBe('after');
  });
});

describe('a wrong template is refused with every fault', () => {
  const text = { type: 'string' };
  test.each<[string, object, string, RegExp]>([
    ['an unclosed tag', { user: 'Hello {{name' }, 'user', /unclosed tag/],
    ['an unclosed section', { user: '{{#name}}Hello' }, 'user', /unclosed section "name"/],
    ['an unopened section', { user: 'Hello{{/name}}' }, 'user', /unopened section "name"/],
    ['an unknown tag', { user: '{{nobody}}' }, 'user', /\{\{nobody\}\}, which is not one of the variables/],
    ['a name of every object', { user: '{{constructor}}' }, 'user', /not one of the variables/],
    ['a path into a value', { user: '{{name.length}}' }, 'user', /not one of the variables/],
    ['a partial', { user: '{{> name}}' }, 'user', /only variables, sections and comments/],
    ['other delimiters', { user: '{{=<% %>=}}<% name %>' }, 'user', /only variables, sections and comments/],
    ['a list inside a list', { user: '{{#topics}}{{#topics}}{{.}}{{/topics}}{{/topics}}' }, 'user', /inside another list/],
    ['too many tags', { user: '{{name}}'.repeat(501) }, 'user', /more than 500 tags/],
    ['a tag of spaces', { user: `{{${' '.repeat(40_000)}` }, 'user', /unclosed tag/],
    ['sections too deep', { user: `${'{{#name}}'.repeat(10)}${'{{/name}}'.repeat(10)}` }, 'user', /deep/],
    ['a text too large', { user: 'x'.repeat(50_001) }, 'user', /50000/],
    [
      'a default of another type',
      { user: 'x', system: '', variables: { properties: { n: { type: 'integer', default: 1.5 } } } },
      'variables.properties.n.default',
      /integer/,
    ],
    ['a required variable that is not there', { variables: { properties: {}, required: ['ghost'] } }, 'variables.required.0', /ghost/],
    [
      'a keyword that could be slow',
      { variables: { properties: { name: { ...text, pattern: '(a+)+$' } } } },
      'variables.properties.name.pattern',
      /not a known field/,
    ],
    ['a reserved name', { variables: { properties: { constructor: text } } }, 'variables.properties.constructor', /reserved/],
    [
      'a schema that is none',
      { output: { kind: 'json', schema: { type: 'object', properties: { a: { type: 'strnig' } } } } },
      'output.schema.properties.a.type',
      /./,
    ],
    ['a schema for text', { output: { kind: 'text', schema: { type: 'object' } } }, 'output.schema', /json/],
    ['a model that cannot be', { model: 'default:nothing' }, 'model', /default:text/],
    ['an unknown field', { prompt: 'x' }, 'prompt', /not a known field/],
  ])('%s', async (_name, wrong, path, message) => {
    const { status, body } = await make(ada, 'wrong', wrong);
    expect([status, body.error?.code]).toEqual([400, 'invalid_request']);
    expect(body.errors).toContainEqual({ path, message: expect.stringMatching(message) });
  });

  test('and a change to one leaves the version before', async () => {
    await make(ada, 'steady');
    expect((await ada.patch('/v1/templates/steady', { user: '{{gone}}' })).status).toBe(400);
    expect((await ada.get('/v1/templates/steady')).body).toMatchObject({ version: 1, user: greeting.user });
  });
});

describe('rendering', () => {
  test('shows the messages as a job would send them, and what that can cost', async () => {
    await make(ada, 'shown');
    const { status, body } = await ada.post('/v1/templates/shown/render', {
      variables: { name: '{{language}} & <Ada>', topics: ['a', '"b"'] },
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      object: 'rendered_template',
      template: 'shown@1',
      model: 'mock',
      messages: [
        { role: 'system', content: 'You greet in English.' },
        { role: 'user', content: 'Greet {{language}} & <Ada>.\n- a\n- "b"' },
      ],
      params: { temperature: 0.3, max_tokens: 100 },
      estimate: { max_output_tokens: 100, max_cost: expect.stringMatching(/^0\.\d{4}$/) },
    });
    expect(body['input_tokens']).toBeGreaterThan(10);
    const { body: bare } = await ada.post('/v1/templates/shown/render', { variables: { name: 'A' }, model: 'nobody' });
    expect([bare['messages'], bare['estimate']]).toEqual([
      [expect.anything(), { role: 'user', content: 'Greet A. Say nothing else.' }],
      null,
    ]);
  });

  test('lists every fault of the variables by its path', async () => {
    await make(ada, 'checked');
    const render = (variables: unknown) => ada.post('/v1/templates/checked/render', { variables });
    const { status, body } = await render({ language: 'Latin', topics: ['a', 1], times: 0, nmae: 'x' });
    expect([status, body.error.code]).toEqual([400, 'invalid_request']);
    expect(body.errors).toEqual(
      expect.arrayContaining([
        { path: 'variables.name', message: 'is required' },
        { path: 'variables.nmae', message: 'is not a variable of this template' },
        { path: 'variables.language', message: 'must be one of "English", "中文"' },
        { path: 'variables.topics.1', message: 'must be string' },
        { path: 'variables.times', message: 'must be >= 1' },
      ]),
    );
    expect(body.errors).toHaveLength(5);
    expect((await render({ name: '' })).body.errors).toEqual([{ path: 'variables.name', message: 'must not be empty' }]);
    expect((await render({ name: 7 })).body.errors).toEqual([{ path: 'variables.name', message: 'must be string' }]);
    expect((await render('text')).body.errors[0]?.path).toBe('variables');
  });

  test('a short request that fills a template to gigabytes is refused at once', async () => {
    const variables = { properties: { items: { type: 'array', items: { type: 'string' } }, body: { type: 'string' } } };
    await make(ada, 'bomb', { system: '', user: '{{#items}}{{body}}{{body}}{{/items}}', variables });
    const filling = { items: Array.from({ length: 1000 }, () => 'x'), body: 'x'.repeat(1_000_000) };
    const { status, body } = await ada.post('/v1/templates/bomb/render', { variables: filling });
    expect([status, body.error.param]).toEqual([400, 'variables']);
    const tooMany = { items: Array.from({ length: 1001 }, () => 'x') };
    expect((await ada.post('/v1/templates/bomb/render', { variables: tooMany })).body.errors[0]?.path).toBe('variables.items');
  });
});
