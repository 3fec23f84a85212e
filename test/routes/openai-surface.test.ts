import { OpenAiErrorBody } from '@sluice/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Answer, Caller } from './caller.ts';
import { startTestApi, type TestApi } from './test-api.ts';

let api: TestApi;
let ada: Caller;
let adaId: string;

beforeAll(async () => {
  api = await startTestApi();
  ({ caller: ada, id: adaId } = await api.user('ada@example.com'));
  await api.admin.post('/v1/admin/providers', { name: 'mock', base_url: 'http://127.0.0.1:9900/v1', api_key: 'x' });
  const price = { mode: 'simple', input_price: '1', output_price: '2' };
  await api.admin.post('/v1/admin/models', { alias: 'mock', routes: [{ provider: 'mock', model: 'm' }], price });
  await api.admin.post('/v1/admin/orders', { user_id: adaId, amount: '1000', note: 'test' });
});
afterAll(() => api?.close());

const responses = '/v1/responses';
const chat = '/v1/chat/completions';
const background = { model: 'mock', input: 'Hello.', background: true };

/** An error in OpenAI's words: all four keys, and the headers that tell a client what to do. */
function expectError(answer: Answer, status: number, words: Partial<OpenAiErrorBody['error']>): void {
  expect([answer.status, answer.text]).toEqual([status, expect.any(String)]);
  expect(OpenAiErrorBody.strict().parse(answer.body).error).toMatchObject(words);
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  expectHeaders(answer);
}

function expectHeaders({ headers }: Answer): void {
  expect(headers.get('x-request-id')).toMatch(/^req_/);
  expect(headers.get('openai-version')).toBe('2020-10-01');
  expect(headers.get('openai-processing-ms')).toMatch(/^\d+$/);
}

test('every answer has the headers that clients read', async () => {
  expectHeaders(await ada.get('/v1/models'));
  const created = await ada.post(responses, background);
  expectHeaders(created);
  expect(created.status).toBe(200);
  expect(created.headers.get('x-job-id')).toBe(created.body.id.replace('resp_', 'job_'));
});

test('no key and a wrong key are told apart', async () => {
  expectError(await api.anonymous.post(chat, {}), 401, { type: 'invalid_request_error', code: null, param: null });
  expectError(await api.as('sk-wrong').post(chat, {}), 401, { type: 'invalid_request_error', code: 'invalid_api_key', param: null });
});

test('a key without the scope is refused', async () => {
  const { body: key } = await api.admin.post('/v1/api-keys', { name: 'narrow', scopes: ['jobs:read'] });
  expectError(await api.as(key.secret).post(responses, background), 403, { code: 'insufficient_permissions' });
});

test('bodies that cannot be read are refused in the same words', async () => {
  for (const path of [responses, chat]) {
    for (const raw of ['', '{', '[]', 'null', '"x"'])
      expectError(await ada.post(path, undefined, { raw }), 400, { type: 'invalid_request_error' });
    expectError(await ada.post(path, undefined, { raw: '{}', headers: { 'content-type': 'text/plain' } }), 400, {});
    expectError(await ada.post(path, undefined, { raw: `{"model":"${'x'.repeat(17_000_000)}"}` }), 413, { code: 'request_too_large' });
  }
});

test('what does not exist is not found, in JSON', async () => {
  for (const path of ['/v1/responses/compact/x', '/v1/responses/resp_1/nothing', '/v1/chat/completions/x', '/v1/models/a/b/c']) {
    expectError(await ada.get(path), 404, { type: 'invalid_request_error', code: null });
  }
  expectError(await ada.get(`${responses}/resp_unknown`), 404, { code: null, param: 'id' });
  expectError(await ada.get(`${responses}/job_${'0'.repeat(26)}`), 404, {});
  expectError(await ada.get('/v1/models/nobody'), 404, { code: 'model_not_found', param: 'model' });
});

test('one key with another body is refused, and not to be retried', async () => {
  const headers = { 'idempotency-key': 'one' };
  const [first, again] = [await ada.post(responses, background, { headers }), await ada.post(responses, background, { headers })];
  expect(again.body.id).toBe(first.body.id);
  const other = await ada.post(responses, { ...background, input: 'Else.' }, { headers });
  expectError(other, 422, { code: 'idempotency_key_reused' });
  expect(other.headers.get('x-should-retry')).toBe('false');
});

test('a response that is only streamed otherwise is another request', async () => {
  const headers = { 'idempotency-key': 'two' };
  expect((await ada.post(responses, background, { headers })).status).toBe(200);
  expectError(await ada.post(responses, { ...background, store: false }, { headers }), 422, {});
});

test('who asks too often is told to come back within a minute', async () => {
  const { body: key } = await api.admin.post('/v1/api-keys', { name: 'slow', scopes: ['jobs:read'], requests_per_minute: 1 });
  const slow = api.as(key.secret);
  await slow.get('/v1/models');
  const answer = await slow.get('/v1/models');
  expectError(answer, 429, { type: 'rate_limit_error', code: 'rate_limit_exceeded' });
  expect(answer.headers.get('x-should-retry')).toBeNull();
  for (const [header, most] of [
    ['retry-after', 59],
    ['retry-after-ms', 59_000],
  ] as const) {
    expect(Number(answer.headers.get(header))).toBeGreaterThanOrEqual(1);
    expect(Number(answer.headers.get(header))).toBeLessThanOrEqual(most);
  }
});

test('who has no credits is told so, and not to retry', async () => {
  const { caller: poor } = await api.user('poor@example.com');
  const answer = await poor.post(responses, background);
  expectError(answer, 429, { type: 'insufficient_quota', code: 'insufficient_quota' });
  expect(answer.headers.get('x-should-retry')).toBe('false');
});

test("a caller's own request id may be 512 ASCII characters", async () => {
  const get = (id: string) => ada.get('/v1/models', { headers: { 'x-client-request-id': id } });
  expect((await get('x'.repeat(512))).status).toBe(200);
  expectError(await get('x'.repeat(513)), 400, { param: 'X-Client-Request-Id' });
  expectError(await get('é'), 400, {});
});

test('a query is read as clients write it', async () => {
  const { body } = await ada.post(responses, background);
  const path = `${responses}/${body.id}`;
  for (const query of ['include[]=a&include[]=b', 'include=a', 'stream=false', 'include_obfuscation=true', 'unknown=1']) {
    expect([query, (await ada.get(`${path}?${query}`)).status]).toEqual([query, 200]);
  }
  expectError(await ada.get(`${path}?stream=maybe`), 400, { param: 'stream' });
  for (const query of ['limit=0', 'limit=101', 'limit=x', 'order=up', 'after=unknown']) {
    expectError(await ada.get(`${path}/input_items?${query}`), 400, { param: query.replace(/=.*/, '') });
  }
});

test('a cancel needs no body and takes an empty one, and says nothing about the format wanted', async () => {
  for (const send of [
    (path: string) => ada.post(path),
    (path: string) => ada.post(path, {}),
    (path: string) => ada.post(path, {}, { headers: { accept: 'text/event-stream' } }),
  ]) {
    const { body } = await ada.post(responses, background);
    const cancelled = await send(`${responses}/${body.id}/cancel`);
    expect([cancelled.status, cancelled.body['status']]).toEqual([200, 'cancelled']);
  }
});

test('an input of nothing is no input', async () => {
  expectError(await ada.post(responses, { model: 'mock', input: [] }), 400, { code: 'missing_required_parameter', param: 'input' });
});
