import { once } from 'node:events';
import { createServer } from 'node:net';
import { Agent } from 'undici';
import { afterAll, afterEach, expect, test } from 'vitest';
import { createChatClient } from './chat-client.ts';
import { startSimulator } from './simulator/start-simulator.ts';
import { ask, directed, noHurry, textOf } from './testing/ask.ts';
import { chunk, httpAnswer, sse, startRawProvider, type RawProvider } from './testing/raw-provider.ts';

const client = createChatClient();
const simulator = await startSimulator();
const { baseUrl } = simulator;
let raw: RawProvider | null = null;

afterEach(async () => {
  await raw?.close();
  raw = null;
});
afterAll(async () => {
  await client.close();
  await simulator.close();
});

async function askRaw(answer: Uint8Array | string, more: { apiKey?: string } = {}) {
  raw = await startRawProvider((socket) => void socket.end(answer));
  return ask(client, { baseUrl: raw.baseUrl, ...more });
}

const json = ['content-type: application/json'];
const textLine = `data: ${JSON.stringify(chunk({ content: 'a' }))}\n\n`;

test.each([
  ['a JSON error instead of a stream', httpAnswer('{"error":{"message":"no","code":"insufficient_quota"}}', { headers: json }), 'quota'],
  ['a JSON error under the type of a stream', httpAnswer('{"error":{"message":"no"}}'), 'server_error'],
  ['MiniMax without balance', httpAnswer('{"choices":null,"base_resp":{"status_code":1008,"status_msg":"x"}}', { headers: json }), 'quota'],
  ['a web page', httpAnswer('<html>login</html>', { headers: ['content-type: text/html'] }), 'malformed'],
  ['a plain text', httpAnswer('upstream error', { headers: ['content-type: text/plain'] }), 'malformed'],
  ['nothing', httpAnswer(''), 'truncated'],
  ['nothing but keep-alive comments', httpAnswer(': keep-alive\n\n: keep-alive\n\n'), 'truncated'],
  ['[DONE] alone', httpAnswer('data: [DONE]\n\n'), 'truncated'],
  ['a whole completion', httpAnswer('{"choices":[{"message":{"content":"a"},"finish_reason":"stop"}]}', { headers: json }), 'malformed'],
  ['no content at all', httpAnswer('', { status: '204 No Content' }), 'truncated'],
  ['a compressed body', httpAnswer('x', { headers: ['content-type: text/event-stream', 'content-encoding: gzip'] }), 'malformed'],
  ['an error event without JSON', httpAnswer('event: error\ndata: overloaded\n\n'), 'overloaded'],
  ['a base_resp in a chunk', httpAnswer(sse({ choices: null, base_resp: { status_code: 1002, status_msg: 'x' } })), 'rate_limited'],
  ["vLLM's error in a chunk", httpAnswer(sse({ object: 'error', message: 'x', code: 400 })), 'bad_request'],
])('a 200 that holds %s is a failure', async (_what, answer, kind) => {
  const { events, failure } = await askRaw(answer);
  expect(failure?.kind).toBe(kind);
  expect(events).toEqual([]);
});

test.each([
  ['ends without a finish reason', httpAnswer(textLine), 'truncated'],
  ['says [DONE] without a finish reason', httpAnswer(`${textLine}data: [DONE]\n\n`), 'truncated'],
  ['is cut before the length it said', `HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n${textLine}`, 'truncated'],
  ['is cut inside a chunk', `HTTP/1.1 200 OK\r\n\r\n${textLine}data: {"choices":[{"del`, 'truncated'],
  [
    'is cut inside its HTTP chunks',
    `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${textLine.length.toString(16)}\r\n${textLine}\r\nff`,
    'truncated',
  ],
  [
    'breaks the HTTP protocol',
    `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${textLine.length.toString(16)}\r\n${textLine}\r\nzz\r\n`,
    'malformed',
  ],
  ['sends half a chunk as a whole', httpAnswer(`${textLine}data: {"choices":[{"del\n\n`), 'malformed'],
  ['sends a chunk that is a list', httpAnswer(`${textLine}data: []\n\n`), 'malformed'],
  ['sends a chunk that is a number', httpAnswer(`${textLine}data: 42\n\n`), 'malformed'],
  ['sends an event of 2 MB', httpAnswer(`${textLine}data: ${'x'.repeat(2_000_000)}\n\n`), 'malformed'],
  ['sends an error', httpAnswer(`${textLine}data: {"error":{"message":"x","type":"overloaded_error"}}\n\n`), 'overloaded'],
  ['sends an error as a text', httpAnswer(`${textLine}data: {"error":"Rate limit reached"}\n\n`), 'rate_limited'],
  [
    "sends OpenRouter's error with its status",
    httpAnswer(`${textLine}data: {"error":{"code":429,"message":"x"},"choices":[]}\n\n`),
    'rate_limited',
  ],
  ['sends an error event', httpAnswer(`${textLine}event: error\ndata: {"message":"x"}\n\n`), 'server_error'],
  ['sends an error in a choice', httpAnswer(`${textLine}data: {"choices":[{"delta":{},"error":{"message":"x"}}]}\n\n`), 'server_error'],
  ['ends with the finish reason "error"', httpAnswer(textLine + sse(chunk({}, 'error'))), 'server_error'],
  ["ends for the vendor's lack of resources", httpAnswer(textLine + sse(chunk({}, 'insufficient_system_resource'))), 'overloaded'],
])('a stream that %s is a failure, and what came before it was told', async (_what, answer, kind) => {
  const { events, failure } = await askRaw(answer);
  expect(textOf(events)).toBe('a');
  expect(events.at(-1)?.type).not.toBe('finish');
  expect(failure?.kind).toBe(kind);
});

test('an error after the finish reason is still an error', async () => {
  const { failure } = await askRaw(httpAnswer(sse(chunk({ content: 'a' }, 'stop'), { error: { message: 'x' } })));
  expect(failure?.kind).toBe('server_error');
});

test('a stream that breaks off tells its usage where the vendor sends it with every chunk', async () => {
  const usage = { prompt_tokens: 9, completion_tokens: 1 };
  const { events, failure } = await askRaw(httpAnswer(`data: ${JSON.stringify(chunk({ content: 'a' }, null, { usage }))}\n\n`));
  expect(failure?.kind).toBe('truncated');
  expect(events.at(-1)).toMatchObject({ type: 'usage', tokens: { input_tokens: 9, output_tokens: 1 } });
});

test('usage that stands before more text is not told for a stream that breaks off', async () => {
  const usage = { prompt_tokens: 9, completion_tokens: 1 };
  const { events } = await askRaw(httpAnswer(`data: ${JSON.stringify(chunk({ content: 'a' }, null, { usage }))}\n\n${textLine}`));
  expect(events.map(({ type }) => type)).toEqual(['text-delta', 'text-delta']);
});

test.each([
  ['reset', { reset_at: 3 }, 'truncated'],
  ['cut', { cut_at: 3 }, 'truncated'],
  ['garbage', { garbage_at: 3 }, 'malformed'],
  ['an error', { error_at: 3 }, 'server_error'],
] as const)('the simulator breaks off with %s after the tokens it was told', async (_what, directive, kind) => {
  const { events, failure } = await ask(client, { baseUrl, messages: directed({ ...directive, tokens: 10, tokens_per_s: 100 }) });
  expect(failure?.kind).toBe(kind);
  expect(events.filter(({ type }) => type === 'text-delta')).toHaveLength(3);
});

test('a redirect is refused: neither the key nor the prompt go anywhere else', async () => {
  const elsewhere = await startRawProvider((socket) => void socket.end(httpAnswer(sse(chunk({ content: 'a' }, 'stop')))));
  const headers = [`location: ${elsewhere.baseUrl}/chat/completions`];
  const { failure } = await askRaw(httpAnswer('', { status: '307 Temporary Redirect', headers }));
  expect(failure).toMatchObject({ kind: 'malformed', status: 307 });
  expect(elsewhere.connections()).toBe(0);
  await elsewhere.close();
});

test.each(['2', 'Fri, 20 Nov 2099 12:00:00 GMT'])('a 429 carries its Retry-After: %s', async (value) => {
  const { failure } = await ask(client, { baseUrl, messages: directed({ status: 429, retry_after: value }) });
  expect(failure).toMatchObject({ kind: 'rate_limited', status: 429, retryAfterMs: value === '2' ? 2000 : 86_400_000 });
});

test('a failure is not tried again here', async () => {
  await ask(client, { baseUrl, messages: directed({ status: 500, tag: 'once' }) });
  expect(simulator.ledger.calls('once')).toHaveLength(1);
});

test('an error page is read only so far, and its connection is closed', async () => {
  raw = await startRawProvider((socket) => {
    socket.write('HTTP/1.1 500 Oops\r\ncontent-type: text/plain\r\n\r\n');
    const more = () => void (socket.writable && socket.write('x'.repeat(65_536), more));
    more();
  });
  const { failure } = await ask(client, { baseUrl: raw.baseUrl });
  expect(failure).toMatchObject({ kind: 'server_error', status: 500 });
  expect(failure?.message.length).toBeLessThanOrEqual(500);
});

test('an error page that is cut is still its status', async () => {
  const { failure } = await askRaw('HTTP/1.1 503 Busy\r\ncontent-length: 500\r\n\r\n{"error"');
  expect(failure).toMatchObject({ kind: 'overloaded', status: 503 });
});

test('a provider that closes without an answer could not be reached', async () => {
  expect((await askRaw('')).failure?.kind).toBe('connect');
});

test('a provider that refuses connections could not be reached', async () => {
  const gone = await startRawProvider(() => {});
  await gone.close();
  expect((await ask(client, { baseUrl: gone.baseUrl })).failure).toMatchObject({
    kind: 'connect',
    message: 'The provider could not be reached (ECONNREFUSED).',
  });
});

test('a server that speaks no TLS is a failure of TLS', async () => {
  const server = createServer(
    (socket) => void socket.on('error', () => {}).once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : null;
  expect((await ask(client, { baseUrl: `https://127.0.0.1:${port}/v1` })).failure?.kind).toBe('tls');
  server.close();
});

test('a connection that is not made within its time is a failure to connect', async () => {
  // It takes the connection and never answers the TLS hello.
  raw = await startRawProvider(() => {});
  const { failure } = await ask(client, { baseUrl: raw.baseUrl.replace('http:', 'https:'), timeouts: { ...noHurry, connectMs: 200 } });
  expect(failure).toMatchObject({ kind: 'connect', message: 'The provider could not be reached (UND_ERR_CONNECT_TIMEOUT).' });
});

test('a name that does not resolve is a failure of DNS, and connections can be made by a dispatcher of the caller', async () => {
  const failed = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
  const dispatcher = new Agent({ connect: { lookup: (_host, _options, done) => done(failed, '') } });
  expect((await ask(createChatClient({ dispatcher }), { baseUrl: 'http://provider.example/v1' })).failure?.kind).toBe('dns');
  await dispatcher.destroy();
});

test('a base URL that is none is a failure, not an exception of its own', async () => {
  expect((await ask(client, { baseUrl: 'nonsense' })).failure?.kind).toBe('connect');
});

const keyEchoes: [string, Uint8Array][] = [
  ['a 401', httpAnswer('{"error":{"message":"Incorrect API key provided: super-secret-key-42."}}', { status: '401 No' })],
  ['a long 400', httpAnswer(`${'x'.repeat(480)} super-secret-key-42`, { status: '400 No' })],
  ['a plain text', httpAnswer('you sent Bearer super-secret-key-42')],
  ['an error in the stream', httpAnswer(sse({ error: { message: 'bad key super-secret-key-42' } }))],
  ['an error without a message', httpAnswer(sse({ error: { code: 'super-secret-key-42' } }))],
];

test.each(keyEchoes)('the key never stands in a message: %s', async (_what, answer) => {
  const { failure } = await askRaw(answer, { apiKey: 'super-secret-key-42' });
  expect(failure).not.toBeNull();
  expect(`${failure?.message} ${failure?.stack} ${JSON.stringify(failure)}`).not.toContain('secret-key');
});

test('closing the client ends the calls under way', async () => {
  const closing = createChatClient();
  const asked = ask(closing, { baseUrl, messages: directed({ stall_at: 1, tag: 'closing' }), timeouts: noHurry });
  await expect.poll(() => simulator.ledger.calls('closing')[0]?.tokens).toBe(1);
  await closing.close();
  expect((await asked).failure?.kind).toBe('truncated');
});
