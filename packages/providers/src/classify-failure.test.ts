import { usualQuirks } from '@sluice/contract';
import { expect, test } from 'vitest';
import { classifyEmptyAnswer, classifyRefusal, classifyTransport } from './classify-failure.ts';

const nowMs = Date.parse('2026-11-20T12:00:00Z');
const refusal = (status: number, body: unknown, headers = {}) =>
  classifyRefusal({ status, headers, body: typeof body === 'string' ? body : JSON.stringify(body), nowMs, quirks: usualQuirks });

test.each([
  [301, 'malformed'],
  [400, 'bad_request'],
  [401, 'auth'],
  [402, 'quota'],
  [403, 'auth'],
  [404, 'bad_request'],
  [408, 'server_error'],
  [413, 'bad_request'],
  [422, 'bad_request'],
  [429, 'rate_limited'],
  [451, 'content_filtered'],
  [500, 'server_error'],
  [502, 'server_error'],
  [503, 'overloaded'],
  [504, 'server_error'],
  [529, 'overloaded'],
])('a %i that says nothing more is %s', (status, kind) => {
  expect(refusal(status, '')).toMatchObject({ kind, status });
});

// What vendors send when their words say more than their status.
test.each([
  [
    'OpenAI out of quota',
    429,
    {
      error: {
        message: 'You exceeded your current quota, please check your plan and billing details.',
        type: 'insufficient_quota',
        code: 'insufficient_quota',
      },
    },
    'quota',
  ],
  [
    'Gemini out of its minute',
    429,
    [
      {
        error: {
          code: 429,
          message: 'You exceeded your current quota, please check your plan and billing details. Please retry in 45.8s.',
          status: 'RESOURCE_EXHAUSTED',
        },
      },
    ],
    'rate_limited',
  ],
  [
    'Gemini with a wrong key',
    400,
    [{ error: { code: 400, message: 'API key not valid. Please pass a valid API key.', status: 'INVALID_ARGUMENT' } }],
    'auth',
  ],
  ['Gemini overloaded', 503, [{ error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } }], 'overloaded'],
  [
    'OpenAI with a long prompt',
    400,
    {
      error: {
        message: "This model's maximum context length is 8192 tokens.",
        type: 'invalid_request_error',
        code: 'context_length_exceeded',
      },
    },
    'context_too_long',
  ],
  [
    'Kimi with a long prompt',
    400,
    { error: { type: 'invalid_request_error', message: 'Invalid request: Your request exceeded model token limit: 8192' } },
    'context_too_long',
  ],
  ['Kimi overloaded', 429, { error: { type: 'engine_overloaded_error', message: 'The engine is currently overloaded' } }, 'overloaded'],
  ['Kimi with an unknown model', 404, { error: { type: 'resource_not_found_error', message: 'Not found the model' } }, 'bad_request'],
  ['Azure with a filtered prompt', 400, { error: { code: 'content_filter', message: 'The response was filtered' } }, 'content_filtered'],
  [
    'DashScope with a filtered prompt',
    400,
    { error: { code: 'data_inspection_failed', message: 'Input data may contain inappropriate content.' } },
    'content_filtered',
  ],
  ['DashScope unpaid', 400, { error: { code: 'Arrearage', message: 'Access denied, your account is in arrears.' } }, 'quota'],
  ['DashScope out of its tokens', 429, { error: { code: 'limit_requests', message: 'Allocated quota exceeded' } }, 'rate_limited'],
  [
    'DeepSeek with a filtered prompt',
    400,
    { error: { message: 'Content Exists Risk', type: 'invalid_request_error' } },
    'content_filtered',
  ],
  ['GLM unpaid', 429, { error: { code: '1113', message: 'Your account is in arrears' } }, 'quota'],
  ['GLM with a filtered prompt', 400, { error: { code: '1301', message: 'unsafe' } }, 'content_filtered'],
  ['GLM with bad messages', 400, { error: { code: '1214', message: 'messages is wrong' } }, 'bad_request'],
  [
    'SiliconFlow unpaid',
    403,
    { code: 30001, message: 'Sorry, your account balance is insufficient: insufficient balance', data: null },
    'quota',
  ],
  ['SiliconFlow, a bare string', 401, '"Invalid token"', 'auth'],
  [
    'Mistral with an extra field',
    422,
    { object: 'error', message: { detail: [{ msg: 'Extra inputs are not permitted' }] }, type: 'invalid_request_error', code: null },
    'bad_request',
  ],
  ['xAI', 400, { code: 'Client specified an invalid argument', error: 'Incorrect API key provided' }, 'auth'],
  ['FastAPI', 422, { detail: [{ loc: ['body'], msg: 'field required' }] }, 'bad_request'],
  ['a web page', 502, '<html><body>Bad gateway</body></html>', 'server_error'],
])('%s: %i is %s', (_vendor, status, body, kind) => {
  expect(refusal(status, body)).toMatchObject({ kind, status });
});

test('a refusal tells what the vendor said, and how long to wait', () => {
  const failure = refusal(429, { error: { message: 'Slow down.' } }, { 'retry-after': '7' });
  expect(failure).toMatchObject({ message: 'The provider answered 429: Slow down.', retryAfterMs: 7000 });
});

test('a web page is never quoted', () => {
  expect(refusal(502, '<!DOCTYPE html><script>alert(1)</script>').message).toBe('The provider answered 502: a web page');
});

test.each([
  ['nothing', '', 'truncated'],
  ['only keep-alive comments', ': keep-alive\n\n: keep-alive\n\n', 'truncated'],
  ['a web page', '<!doctype html><p>Please log in', 'malformed'],
  ['a plain text', 'upstream connect error', 'malformed'],
  ['a whole completion', JSON.stringify({ choices: [{ message: { content: 'Hi' }, finish_reason: 'stop' }] }), 'malformed'],
  ['an error object', JSON.stringify({ error: { message: 'No credits', code: 402 } }), 'quota'],
  ["OpenRouter's error in a choice", JSON.stringify({ choices: [{ error: { code: 502, message: 'Upstream' } }] }), 'server_error'],
  [
    "vLLM's error",
    JSON.stringify({ object: 'error', message: 'max context length', type: 'BadRequestError', code: 400 }),
    'context_too_long',
  ],
  [
    'MiniMax without balance',
    JSON.stringify({ choices: null, base_resp: { status_code: 1008, status_msg: 'insufficient balance' } }),
    'quota',
  ],
  [
    'MiniMax out of its minute',
    JSON.stringify({ choices: null, base_resp: { status_code: 1002, status_msg: 'rate limit' } }),
    'rate_limited',
  ],
  ['Spark without the right', JSON.stringify({ code: 11200, message: 'AppIdNoAuthError', sid: 'x' }), 'quota'],
  ['old Baidu', JSON.stringify({ error_code: 17, error_msg: 'Open api daily request limit reached' }), 'server_error'],
  ['blank lines before an error', `\n\n\n${JSON.stringify({ error: { message: 'busy', type: 'overloaded_error' } })}`, 'overloaded'],
])('a 200 that holds %s is a failure', (_what, body, kind) => {
  expect(classifyEmptyAnswer(body, { nowMs, quirks: usualQuirks }).kind).toBe(kind);
});

const failed = (code: string) => Object.assign(new Error(`${code} 10.0.0.5:8000`), { code });

test.each([
  [failed('ECONNREFUSED'), 'connect'],
  [failed('ECONNRESET'), 'connect'],
  [failed('UND_ERR_CONNECT_TIMEOUT'), 'connect'],
  [failed('ENOTFOUND'), 'dns'],
  [failed('EAI_AGAIN'), 'dns'],
  [failed('DEPTH_ZERO_SELF_SIGNED_CERT'), 'tls'],
  [failed('ERR_TLS_CERT_ALTNAME_INVALID'), 'tls'],
  [failed('HPE_INVALID_CONSTANT'), 'malformed'],
  [new TypeError('fetch failed', { cause: failed('ENOTFOUND') }), 'dns'],
  [new AggregateError([failed('ECONNREFUSED'), failed('ECONNREFUSED')]), 'connect'],
  [new Error('no code'), 'connect'],
])('before the answer, %s is %s', (error, kind) => {
  expect(classifyTransport(error, { hasAnswer: false }).kind).toBe(kind);
});

test('in the middle of the answer, a broken connection is a cut', () => {
  expect(classifyTransport(failed('ECONNRESET'), { hasAnswer: true }).kind).toBe('truncated');
});

test('a fault of the connection tells its code and no address', () => {
  expect(classifyTransport(failed('ECONNREFUSED'), { hasAnswer: false }).message).toBe('The provider could not be reached (ECONNREFUSED).');
});
