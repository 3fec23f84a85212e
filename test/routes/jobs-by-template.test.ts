import { execute, sql } from '@sluice/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AnswerBody, Caller } from './caller.ts';
import { make, startTemplateWorld, type TemplateWorld } from './template-world.ts';

let world: TemplateWorld;
let ada: Caller;
let bob: Caller;

beforeAll(async () => {
  world = await startTemplateWorld();
  ({ ada, bob } = world);
});
afterAll(() => world?.api.close());

const requestOf = async ({ id }: AnswerBody) => {
  const [row] = await execute<{ request: { messages: { role: string; content: string }[]; params: Record<string, unknown> } }>(
    world.api.db.em(),
    sql`select request from jobs where id = ${id}`,
  );
  return row?.request;
};

describe('a job by template', () => {
  test('freezes the rendered messages and names the version it used', async () => {
    await make(ada, 'used');
    const submit = (more: object = {}) => ada.post('/v1/jobs', { template: 'used', variables: { name: 'Ada' }, ...more });
    const { status, body: job } = await submit();
    expect([status, job['template'], job['model']]).toEqual([202, 'used@1', 'mock']);
    await ada.patch('/v1/templates/used', { system: '', user: 'Changed for {{name}}.' });
    expect(await requestOf(job)).toEqual({
      messages: [
        { role: 'system', content: 'You greet in English.' },
        { role: 'user', content: 'Greet Ada. Say nothing else.' },
      ],
      params: { temperature: 0.3, max_tokens: 100 },
    });
    expect((await ada.get(`/v1/jobs/${job.id}`)).body['template']).toBe('used@1');
    const { body: later } = await submit({ model: 'other', params: { temperature: 1 } });
    expect([later['template'], later['model']]).toEqual(['used@2', 'other']);
    expect((await requestOf(later))?.params).toEqual({ temperature: 1, max_tokens: 100 });
    expect((await submit({ template: 'used@1' })).body['template']).toBe('used@1');
  });

  test('uses the published version while a draft is written, and a draft when it is named', async () => {
    await make(ada, 'drafted', { status: 'draft' });
    const submit = (caller: Caller, template: string) => caller.post('/v1/jobs', { template, variables: { name: 'A' } });
    expect((await submit(ada, 'drafted')).body.error).toMatchObject({ code: 'conflict', param: 'template' });
    expect((await submit(ada, 'drafted@1')).body['template']).toBe('drafted@1');
    expect((await ada.patch('/v1/templates/drafted', { name: 'Named' })).body).toMatchObject({
      version: 2,
      status: 'draft',
      published_version: null,
    });
    await ada.patch('/v1/templates/drafted', { status: 'published' });
    await ada.patch('/v1/templates/drafted', { status: 'draft', user: 'New for {{name}}' });
    expect((await submit(ada, 'drafted')).body['template']).toBe('drafted@3');
    expect((await submit(bob, 'drafted@1')).status).toBe(404);
  });

  test('asks for JSON by the schema of the output, held to it where the schema is closed', async () => {
    const schema = { type: 'object', additionalProperties: false, required: ['a'], properties: { a: { type: 'string' } } };
    await make(ada, 'as-json', { output: { kind: 'json', schema } });
    const { body } = await ada.post('/v1/jobs', { template: 'as-json', variables: { name: 'A' } });
    const format = { type: 'json_schema', json_schema: { name: 'as_json', strict: true, schema } };
    expect((await requestOf(body))?.params['response_format']).toEqual(format);
    await ada.patch('/v1/templates/as-json', { output: { kind: 'json', schema: { ...schema, required: [] } } });
    const { body: open } = await ada.post('/v1/jobs', { template: 'as-json', variables: { name: 'A' } });
    expect((await requestOf(open))?.params['response_format']).toMatchObject({ json_schema: { strict: false } });
    const params = { response_format: { type: 'json_object' } };
    const { body: own } = await ada.post('/v1/jobs', { template: 'as-json', variables: { name: 'A' }, params });
    expect((await requestOf(own))?.params['response_format']).toEqual({ type: 'json_object' });
  });

  test('takes exactly one of input, messages and template, and a model where there is no template', async () => {
    await make(ada, 'either');
    const faults = async (body: object) => (await ada.post('/v1/jobs', body)).body.errors?.map(({ path }) => path);
    expect(await faults({ template: 'either', variables: { name: 'A' }, input: 'x' })).toEqual(['input']);
    expect(await faults({ model: 'mock' })).toEqual(['input']);
    expect(await faults({ input: 'x' })).toEqual(['model']);
    expect(await faults({ model: 'mock', input: 'x', variables: {} })).toEqual(['variables']);
    expect(await faults({ template: 'Not A Slug' })).toEqual(['template']);
    expect((await ada.post('/v1/jobs', { template: 'missing' })).body.error).toMatchObject({ code: 'not_found', param: 'template' });
  });

  test('is the same job for the same Idempotency-Key, also when the template has changed since', async () => {
    await make(ada, 'idem');
    const headers = { 'idempotency-key': 'by-template' };
    const submit = () => ada.post('/v1/jobs', { template: 'idem', variables: { name: 'A' } }, { headers });
    const { body: first } = await submit();
    await ada.patch('/v1/templates/idem', { name: 'Newer' });
    expect((await submit()).body).toEqual(first);
  });

  test('stands alone in a bulk: a row with wrong variables is a fault of that row', async () => {
    await make(ada, 'rows');
    const rows = Array.from({ length: 200 }, (_, i) => ({ template: 'rows', variables: i === 7 ? { nmae: 'x' } : { name: `n${i}` } }));
    const { status, body } = await ada.post('/v1/jobs/bulk', { jobs: rows });
    expect(status).toBe(202);
    const data = body.data as unknown as { index: number; job?: AnswerBody; error?: object; errors?: object[] }[];
    expect(data.filter(({ job }) => job?.['template'] === 'rows@1')).toHaveLength(199);
    expect(data[7]?.errors).toContainEqual({ path: 'variables.name', message: 'is required' });
  });

  test('outlives its template, and usage is reported by it', async () => {
    const { body: template } = await make(ada, 'short-lived');
    const { body: job } = await ada.post('/v1/jobs', { template: template.id, variables: { name: 'A' } });
    await ada.delete('/v1/templates/short-lived');
    expect((await ada.get(`/v1/jobs/${job.id}`)).body['template']).toBe('short-lived@1');
    expect((await ada.post('/v1/jobs', { template: 'short-lived', variables: { name: 'A' } })).status).toBe(404);
    expect((await ada.get('/v1/usage?group_by=template')).status).toBe(200);
  });
});
