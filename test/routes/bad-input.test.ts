import { gzipSync } from 'node:zlib';
import { ErrorBody, OpenAiErrorBody } from '@sluice/contract';
import { execute, sql } from '@sluice/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answer, Caller } from './caller.ts';
import { routesOf } from './routes-of.ts';
import { startTestApi, type TestApi } from './test-api.ts';

let api: TestApi;
let ada: Caller;

beforeAll(async () => {
  api = await startTestApi({ CORS_ORIGINS: 'https://console.example.com' });
  ada = (await api.user('ada@example.com')).caller;
});
afterAll(() => api?.close());

/** An error as documented: no more than its words, and nothing of our insides. */
function expectError(answer: Answer, status: number, code: string): void {
  expect([answer.status, answer.body.error?.code, answer.text]).toEqual([status, code, expect.any(String)]);
  expect(ErrorBody.strict().parse(answer.body)).toBeDefined();
  expectNoInsides(answer);
  expect(answer.headers.get('x-request-id')).toBe(answer.body.request_id);
}

/** The same on a route that speaks OpenAI's protocol. */
function expectOpenAiError(answer: Answer): void {
  expect(OpenAiErrorBody.strict().parse(answer.body)).toBeDefined();
  expectNoInsides(answer);
  expect(answer.headers.get('x-request-id')).toMatch(/^req_/);
}

function expectNoInsides(answer: Answer): void {
  expect(answer.text).not.toMatch(/node_modules|\.ts\b|\bat [\w.]+ \(|sql|select |zod/i);
}

const keys = '/v1/api-keys';
const jobs = '/v1/jobs';
const sendRaw = (path: string, raw: string | Buffer<ArrayBuffer>, headers: Record<string, string> = {}) =>
  ada.post(path, undefined, { raw, headers });

describe('a body', () => {
  const malformed = ['{', '{"name":', 'nope', "{'name':1}", '{"name":"x",}', '{"name":"x"}}', '\u0000', '{"name":"a\nb"}', 'NaN'];
  test.each(malformed)('that is not JSON is refused: %j', async (raw) => {
    expectError(await sendRaw(keys, raw), 400, 'invalid_request');
  });

  test.each(['null', '[]', '"text"', '1', 'true', '[{"name":"x"}]'])('that is no object is refused: %s', async (raw) => {
    expectError(await sendRaw(keys, raw), 400, 'invalid_request');
  });

  test('may begin with a byte order mark', async () => {
    expect((await sendRaw(keys, '\uFEFF{"name":"marked"}')).status).toBe(201);
  });

  test('that is not UTF-8 is refused', async () => {
    for (const bytes of [
      [0x22, 0xff, 0x22],
      [0x22, 0xc3, 0x22],
      [0x22, 0xed, 0xa0, 0x80, 0x22],
    ])
      expectError(await sendRaw(keys, Buffer.from(bytes)), 400, 'invalid_request');
  });

  test.each([
    ['arrays', '['.repeat(1_000_000), jobs],
    ['objects', '{"a":'.repeat(200_000), jobs],
    ['closed arrays', `{"model":"m","metadata":${'['.repeat(5000)}${']'.repeat(5000)}}`, jobs],
    ['a schema', `{"model":"m","input":"x","params":{"response_format":${'{"a":'.repeat(64)}1${'}'.repeat(64)}}}`, jobs],
    ['a small body', '['.repeat(60_000), keys],
  ])('nested too deep is refused and the process lives: %s', async (_name, raw, path) => {
    const answer = await sendRaw(path, raw);
    expectError(answer, 400, 'invalid_request');
    expect(answer.body.error.message).toContain('64 levels');
    expect((await api.anonymous.get('/livez')).status).toBe(200);
  });

  test('that is too large is refused, by each route’s own measure, also when it was small before it was unpacked', async () => {
    expectError(await sendRaw(keys, `{"name":"${'x'.repeat(70_000)}"}`), 413, 'too_large');
    expectError(await sendRaw(jobs, `{"model":"${'x'.repeat(9_000_000)}"}`), 413, 'too_large');
    expectError(await sendRaw(jobs, gzipSync(Buffer.alloc(50_000_000, ' ')), { 'content-encoding': 'gzip' }), 413, 'too_large');
    expectError(await sendRaw(jobs, `{"model":"${'x'.repeat(70_000)}"}`), 400, 'invalid_request');
  });

  test('may be packed; broken packing and unknown packing are refused', async () => {
    expect((await sendRaw(keys, gzipSync('{"name":"packed"}'), { 'content-encoding': 'gzip' })).status).toBe(201);
    expectError(await sendRaw(keys, '{"name":"packed"}', { 'content-encoding': 'gzip' }), 400, 'invalid_request');
    expectError(await sendRaw(keys, '{"name":"x"}', { 'content-encoding': 'zstandard' }), 400, 'invalid_request');
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json; charset=utf-16',
    'application/jsonp',
    '',
  ])('of another type is refused: %s', async (type) => {
    expectError(await sendRaw(keys, '{"name":"x"}', { 'content-type': type }), 400, 'invalid_request');
  });

  test.each(['application/json', 'application/json; charset=UTF-8', 'Application/JSON;charset="utf-8"', 'application/vnd.api+json'])(
    'of type %s is read',
    async (type) => {
      expect((await sendRaw(keys, '{"name":"typed"}', { 'content-type': type })).status).toBe(201);
    },
  );
});

describe('a field', () => {
  test('that is unknown is named, each of them', async () => {
    const answer = await ada.post(jobs, {
      model: 'm',
      input: 'x',
      colour: 'red',
      params: { heat: 1 },
      status: 'completed',
      user_id: 'x',
      cost: '0',
    });
    expectError(answer, 400, 'invalid_request');
    expect(answer.body.errors.map(({ path }) => path).toSorted()).toEqual(['colour', 'cost', 'params.heat', 'status', 'user_id']);
    expect(answer.body.error.message).toContain('4 more');
  });

  test('called __proto__ or constructor changes nothing', async () => {
    const raws = [
      '{"name":"x","__proto__":{"role":"admin"}}',
      '{"name":"x","constructor":{"prototype":{"role":"admin"}}}',
      '{"name":"x","metadata":{"__proto__":{"role":"admin"}}}',
    ];
    for (const raw of raws) for (const path of [keys, jobs]) expect([201, 400]).toContain((await sendRaw(path, raw)).status);
    expect('role' in {}).toBe(false);
  });

  test('of text with NUL or half a surrogate pair is refused by its path', async () => {
    for (const text of ['a\\u0000b', '\\ud800', '\\udc00x', 'x\\ud83d']) {
      expectError(await sendRaw(keys, `{"name":"${text}"}`), 400, 'invalid_request');
      for (const body of [
        `"input":"${text}"`,
        `"messages":[{"role":"user","content":"${text}"}]`,
        `"input":"x","metadata":{"k":"${text}"}`,
        `"input":"x","params":{"tools":[{"a":["${text}"]}]}`,
      ]) {
        expectError(await sendRaw(jobs, `{"model":"m",${body}}`), 400, 'invalid_request');
      }
    }
    expect((await sendRaw(keys, '{"name":"\\ud83d\\ude00"}')).status).toBe(201);
  });

  test('with an absurd number is refused', async () => {
    for (const value of ['-1', '0', '1.5', '1e999', '1000001', '9007199254740993', '"5"', '[5]', '{}', 'true']) {
      const answer = await sendRaw(keys, `{"name":"x","requests_per_minute":${value}}`);
      expectError(answer, 400, 'invalid_request');
      expect(answer.body.error.param).toBe('requests_per_minute');
    }
  });

  test('of which there are very many is answered with no more than a hundred faults', async () => {
    const body = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`field_${i}`, i]));
    const answer = await ada.post(keys, { name: 'x', ...body });
    expectError(answer, 400, 'invalid_request');
    expect(answer.body.errors).toHaveLength(100);
  });
});

describe('a URL', () => {
  test.each([
    `${keys}?after=%00`,
    `${jobs}/%00`,
    `${jobs}/job_%00x`,
    `${jobs}/%`,
    `${jobs}/%zz`,
    `${jobs}/%ff`,
    `${jobs}/x/events?after=%00`,
  ])('that cannot be read is refused: %s', async (path) => {
    expectError(await ada.get(path), 400, 'invalid_request');
  });

  test.each([
    `${keys}?after=unknown`,
    `${jobs}?after=job_unknown`,
    `${keys}?limit=-1`,
    `${jobs}?limit=999999999999`,
    `${jobs}?status=done`,
    `${jobs}?nonsense=1`,
    `${jobs}?status=queued&status=failed`,
  ])('with a wrong query is refused: %s', async (path) => {
    expectError(await ada.get(path), 400, 'invalid_request');
  });

  test('that leads nowhere is a 404, with or without a key', async () => {
    for (const path of ['/', '/v1', '/v1/nothing', '/admin', '/v1/jobs/x/y/z', '/.env', '/v1/../etc/passwd'])
      expectError(await ada.get(path), 404, 'not_found');
    expectError(await api.anonymous.get('/v1/nothing'), 404, 'not_found');
    expectError(await ada.send('PUT', keys, {}), 404, 'not_found');
  });
});

test('every route answers bad bodies with a documented error and changes nothing', async () => {
  const before = await countRows();
  const bodies = [
    'null',
    '[]',
    '"x"',
    '{',
    '{"zzz_unknown":1}',
    '['.repeat(3000),
    `{"a":${'{"b":'.repeat(100)}1${'}'.repeat(101)}`,
    '{"id":"\\u0000","email":"\\ud800"}',
  ];
  for (const { method, pattern, isOpenAi } of routesOf(api.mounts).filter(({ method }) => method !== 'get')) {
    for (const raw of bodies) {
      const answer = await api.admin.send(method.toUpperCase(), pattern.replaceAll(/\{\w+\}/g, 'missing'), undefined, { raw });
      expect([method, pattern, raw.slice(0, 20), answer.status, answer.body.error?.message]).toEqual([
        method,
        pattern,
        raw.slice(0, 20),
        expect.toSatisfy((status: number) => [400, 403, 404].includes(status)),
        expect.any(String),
      ]);
      if (isOpenAi) expectOpenAiError(answer);
      else expectError(answer, answer.status, answer.body.error.code);
    }
  }
  expect(await countRows()).toEqual(before);
});

test('a fault of our own is a 500 without details; the details are in the log under the request id', async () => {
  const broken = await startTestApi();
  const { caller } = await broken.user('unlucky@example.com');
  await caller.get('/v1/me');
  await execute(broken.db.em(), sql`alter table api_keys rename column revoked_at to ended_at`);
  const answer = await caller.get(keys);
  expectError(answer, 500, 'internal');
  expect(answer.text).not.toContain('revoked_at');
  const line = broken.logged.find((entry) => entry.includes(answer.body.request_id) && entry.includes('stack'));
  expect(line).toContain('does not exist');
  await broken.close();
});

describe('headers', () => {
  test('a sane request id of the caller is kept, another is replaced', async () => {
    const idFor = async (id: string) => (await ada.get('/v1/me', { headers: { 'x-request-id': id } })).headers.get('x-request-id');
    expect(await idFor('trace-1:a.b_C')).toBe('trace-1:a.b_C');
    for (const insane of ['x'.repeat(129), 'a b', '<script>', 'é', '{"a":1}']) expect(await idFor(insane)).toMatch(/^req_[0-9a-z]{26}$/);
  });

  test('only pages of listed origins may read an answer', async () => {
    const allowed = async (origin: string) => (await ada.get('/v1/me', { headers: { origin } })).headers.get('access-control-allow-origin');
    expect(await allowed('https://console.example.com')).toBe('https://console.example.com');
    for (const origin of ['https://evil.example.com', 'https://console.example.com.evil.com', 'http://console.example.com', 'null'])
      expect(await allowed(origin)).toBeNull();
  });

  test('an answer says what a browser may do with it, and not what made it', async () => {
    const { headers } = await ada.get('/v1/me');
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  });
});

async function countRows(): Promise<unknown> {
  const tables = [
    'users',
    'api_keys',
    'refresh_tokens',
    'jobs',
    'wallets',
    'orders',
    'transfers',
    'providers',
    'provider_keys',
    'models',
    'prices',
    'idempotency_keys',
    'audit_log',
  ];
  const counts = tables.map((table) => sql`select ${table}::text as name, (select count(*)::int from ${sql.table(table)}) as rows`);
  return execute(api.db.em(), sql`${sql.join(counts, sql` union all `)} order by name`);
}
