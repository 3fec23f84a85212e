import { execute, sql } from '@sluice/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AnswerBody, Caller } from './caller.ts';
import { settledJob } from './settled-job.ts';
import { make, startTemplateWorld, type TemplateWorld } from './template-world.ts';

let world: TemplateWorld;
let ada: Caller;
let bob: Caller;

beforeAll(async () => {
  world = await startTemplateWorld();
  ({ ada, bob } = world);
});
afterAll(() => world?.api.close());

const em = () => world.api.db.em();
const frozenOf = async ({ id }: AnswerBody) => {
  const [row] = await execute<{ request: unknown; columns: unknown[] }>(
    em(),
    sql`select request, array[priority, on_stream_failure, max_attempts::text, webhook_url, metadata::text,
          round(extract(epoch from deadline_at - created_at))::text] as columns from jobs where id = ${id}`,
  );
  return row;
};
const cancelled = async (request: object): Promise<AnswerBody> => {
  const { body } = await ada.post('/v1/jobs', request);
  await ada.post(`/v1/jobs/${body.id}/cancel`);
  return body;
};
const retry = (caller: Caller, { id }: Pick<AnswerBody, 'id'>, headers: Record<string, string> = {}) =>
  caller.post(`/v1/jobs/${id}/retry`, undefined, { headers });

test('a job that ended without a whole answer is asked again as a new job, with everything that was frozen', async () => {
  const request = {
    model: 'mock',
    input: 'Hello',
    instructions: 'Be brief.',
    params: { max_tokens: 7, tools: [{ type: 'function', function: { name: 'z', parameters: { b: 1, a: 2 } } }] },
    priority: 'background',
    on_stream_failure: 'fail',
    max_attempts: 5,
    deadline_s: 77,
    webhook_url: 'https://example.com/hook',
    metadata: { order: '42' },
  };
  const job = await cancelled(request);
  const { status, headers, body } = await retry(ada, job);
  expect([status, headers.get('location')]).toEqual([202, `/v1/jobs/${body.id}`]);
  expect(body).toMatchObject({ status: 'queued', attempt: 1, retry_of: job.id, model: 'mock', metadata: { order: '42' }, template: null });
  expect(body.id).not.toBe(job.id);
  expect(JSON.stringify(await frozenOf(body))).toBe(JSON.stringify(await frozenOf(job)));
  expect((await ada.get(`/v1/jobs/${job.id}`)).body).toMatchObject({ status: 'cancelled', retry_of: null });
  expect((await ada.get(`/v1/jobs/${body.id}`)).body['retry_of']).toBe(job.id);
});

test('it says again what its template said, at the price of today', async () => {
  await make(ada, 'again');
  const job = await cancelled({ template: 'again', variables: { name: 'Ada' } });
  await ada.patch('/v1/templates/again', { system: '', user: 'Changed for {{name}}.' });
  const price = { mode: 'simple', input_price: '100', output_price: '100' };
  expect((await world.api.admin.send('PUT', '/v1/admin/models/mock/price', price)).status).toBe(200);
  const { body } = await retry(ada, job);
  expect(body['template']).toBe('again@1');
  expect((await frozenOf(body))?.request).toEqual((await frozenOf(job))?.request);
  const hold = ({ billing }: AnswerBody) => Number((billing as { hold: string }).hold);
  expect(hold(body)).toBeGreaterThan(hold(job));
});

test('an idempotency key answers one new job, and belongs to one retry', async () => {
  const [job, other] = [await cancelled({ model: 'mock', input: 'same' }), await cancelled({ model: 'mock', input: 'same' })];
  const key = { 'idempotency-key': 'again-1' };
  const first = await retry(ada, job, key);
  expect((await retry(ada, job, key)).body.id).toBe(first.body.id);
  expect(await retry(ada, other, key)).toMatchObject({ status: 422, body: { error: { code: 'idempotency_mismatch' } } });
  expect((await retry(ada, job)).body.id).not.toBe(first.body.id);
});

test('what runs, was answered, is a row of a batch or is not stored is refused with the way out; of others there is nothing', async () => {
  const { body: queued } = await ada.post('/v1/jobs', { model: 'mock', input: 'Hello' });
  const conflict = (message: string) => ({ status: 409, body: { error: { code: 'conflict', message: expect.stringContaining(message) } } });
  expect(await retry(ada, queued)).toMatchObject(conflict('The job is queued; wait for its end'));
  expect(await retry(ada, { id: await settledJob(world.api, ada, 'mock') })).toMatchObject(conflict('submit a new job'));
  const gone = await cancelled({ model: 'mock', input: 'Hello' });
  await execute(em(), sql`update jobs set deleted_at = now() where id = ${gone.id}`);
  expect(await retry(ada, gone)).toMatchObject(conflict('not stored any more'));
  await execute(em(), sql`update jobs set deleted_at = null, batch_id = 'batch_1' where id = ${gone.id}`);
  expect(await retry(ada, gone)).toMatchObject(conflict('POST /v1/batches/batch_1/retry-failed'));
  const foreign = await retry(bob, queued);
  expect([foreign.status, foreign.body.error]).toEqual([404, (await retry(bob, { id: 'job_none' })).body.error]);
});
