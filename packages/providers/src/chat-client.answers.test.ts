import { afterAll, afterEach, expect, test } from 'vitest';
import { createChatClient } from './chat-client.ts';
import { startSimulator } from './simulator/start-simulator.ts';
import { ask, directed, textOf } from './testing/ask.ts';
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

/** Asks a provider that answers with this body. */
async function askRaw(body: string | Uint8Array) {
  raw = await startRawProvider((socket) => void socket.write(httpAnswer(body)));
  return ask(client, { baseUrl: raw.baseUrl });
}

const usage = { prompt_tokens: 9, completion_tokens: 2 };
const counts = { input_tokens: 9, cached_input_tokens: 0, output_tokens: 2, reasoning_tokens: 0 };

test('an answer is its deltas, its usage and its finish', async () => {
  const { events, failure } = await ask(client, { baseUrl, messages: directed({ deltas: ['Hel', 'lo'] }) });
  expect(failure).toBeNull();
  expect(events).toEqual([
    { type: 'text-delta', delta: 'Hel' },
    { type: 'text-delta', delta: 'lo' },
    { type: 'usage', tokens: { input_tokens: expect.any(Number), cached_input_tokens: 0, output_tokens: 2, reasoning_tokens: 0 } },
    { type: 'finish', reason: 'stop', requestId: expect.stringMatching(/^req-sim-/) },
  ]);
});

test('the request asks for a stream with usage, sends the limit and the parameters, and no header that is not needed', async () => {
  raw = await startRawProvider((socket) => void socket.write(httpAnswer(sse(chunk({ content: 'a' }, 'stop')))));
  process.env.OPENAI_CUSTOM_HEADERS = 'X-Secret: house';
  await ask(client, { baseUrl: raw.baseUrl, apiKey: 'key-1', model: 'm', params: { temperature: 0.5, stop: ['x'] }, maxTokens: 7 });
  delete process.env.OPENAI_CUSTOM_HEADERS;
  const [head = '', body = ''] = raw.requests()[0]?.split('\r\n\r\n') ?? [];
  expect(head.split('\r\n')[0]).toBe('POST /v1/chat/completions HTTP/1.1');
  expect(JSON.parse(body)).toEqual({
    model: 'm',
    messages: [{ role: 'user', content: 'Hello' }],
    temperature: 0.5,
    stop: ['x'],
    max_tokens: 7,
    stream: true,
    stream_options: { include_usage: true },
  });
  const names = head
    .split('\r\n')
    .slice(1)
    .map((line) => line.split(':')[0]?.toLowerCase());
  expect(names.toSorted()).toEqual([
    'accept',
    'accept-encoding',
    'authorization',
    'connection',
    'content-length',
    'content-type',
    'host',
    'user-agent',
  ]);
  expect(head).toContain('Bearer key-1');
});

test('thoughts come as reasoning, whichever of the two names they have, and never twice', async () => {
  const { events } = await askRaw(
    sse(
      chunk({ reasoning_content: 'one ' }),
      chunk({ reasoning: 'two ' }),
      chunk({ reasoning_content: 'three', reasoning: 'three' }),
      chunk({ content: 'done', reasoning_content: '!' }, 'stop'),
    ),
  );
  expect(textOf(events, 'reasoning-delta')).toBe('one two three!');
  expect(textOf(events)).toBe('done');
});

test('content in parts, as Mistral sends it, is split into text and reasoning', async () => {
  const parts = [
    { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] },
    { type: 'text', text: 'yes' },
  ];
  const { events } = await askRaw(sse(chunk({ content: parts }, 'stop')));
  expect([textOf(events, 'reasoning-delta'), textOf(events)]).toEqual(['hm', 'yes']);
});

test('tool calls come as deltas, and end as tool_calls', async () => {
  const calls = [
    { id: 'call_1', name: 'weather', arguments: '{"city":"Bern"}' },
    { id: 'call_2', name: 'time', arguments: '{}' },
  ];
  const { events } = await ask(client, { baseUrl, messages: directed({ tool_calls: calls }) });
  const deltas = events.filter((event) => event.type === 'tool-delta');
  expect(deltas.map(({ id }) => id).filter(Boolean)).toEqual(['call_1', 'call_2']);
  for (const [index, call] of calls.entries()) {
    expect(
      deltas
        .filter((delta) => delta.index === index)
        .map((delta) => delta.arguments)
        .join(''),
    ).toBe(call.arguments);
  }
  expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'tool_calls' });
});

test.each([
  ['as a function call of old', { function_call: { name: 'f', arguments: '{}' } }],
  ['as a single object', { tool_calls: { id: 'a', function: { name: 'f', arguments: '{}' } } }],
  ['with a negative index', { tool_calls: [{ index: -1, id: 'a', function: { name: 'f', arguments: '{}' } }] }],
  ['with an absurd index', { tool_calls: [{ index: 1e9, id: 'a', function: { name: 'f', arguments: '{}' } }] }],
  ['with arguments that are an object', { tool_calls: [{ index: 0, function: { name: 'f', arguments: {} } }] }],
])('a tool call %s is read', async (_how, delta) => {
  const { events } = await askRaw(sse(chunk(delta, 'function_call')));
  expect(events[0]).toMatchObject({ type: 'tool-delta', index: 0, name: 'f', arguments: '{}' });
  expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'tool_calls' });
});

test('NUL and a surrogate pair that is cut over two deltas come out storable', async () => {
  const { events } = await ask(client, { baseUrl, messages: directed({ deltas: ['a\u0000\ud83d', '\ude00', 'b\ud83d'] }) });
  expect(textOf(events)).toBe('a\ufffd\u{1f600}b\ufffd');
  expect(events.at(-1)).toMatchObject({ type: 'finish' });
});

test.each([
  ['in a last chunk without choices', sse(chunk({ content: 'a' }, 'stop'), { choices: [], usage })],
  ['in a last chunk with null choices', sse(chunk({ content: 'a' }, 'stop'), { choices: null, usage })],
  ['in the choice', sse({ choices: [{ delta: { content: 'a' }, finish_reason: 'stop', usage }] })],
  ['in x_groq', sse(chunk({ content: 'a' }, 'stop', { x_groq: { usage } }))],
  [
    'in every chunk, the last one counting',
    sse(chunk({ content: 'a' }, null, { usage: { ...usage, completion_tokens: 1 } }), chunk({}, 'stop', { usage })),
  ],
  [
    'once, with null in the others',
    sse(chunk({ content: 'a' }, null, { usage: null }), chunk({}, 'stop', { usage: null }), { choices: [], usage }),
  ],
])('usage is read %s', async (_where, body) => {
  const { events, failure } = await askRaw(body);
  expect(failure).toBeNull();
  expect(events.filter(({ type }) => type === 'usage')).toEqual([{ type: 'usage', tokens: counts }]);
});

test.each([
  ['none', undefined],
  ['a negative count', { ...usage, completion_tokens: -5 }],
  ['a prompt of no tokens', { ...usage, prompt_tokens: 0 }],
  ['no tokens for a text', { ...usage, completion_tokens: 0 }],
])('usage that says %s is missing, and the answer is whole', async (_what, wrong) => {
  const { events, failure } = await askRaw(sse(chunk({ content: 'a' }, 'stop'), { choices: [], usage: wrong }));
  expect(failure).toBeNull();
  expect(events.map(({ type }) => type)).toEqual(['text-delta', 'finish']);
});

test.each([
  ['no [DONE]', sse(chunk({ content: 'a' }, 'stop')).replace('data: [DONE]\n\n', '')],
  ['two [DONE]', `${sse(chunk({ content: 'a' }, 'stop'))}data: [DONE]\n\n`],
  ['chunks after [DONE]', `${sse(chunk({ content: 'a' }, 'stop'))}data: {"error":{"message":"late"}}\n\n`],
  ['no last line end', `data: ${JSON.stringify(chunk({ content: 'a' }, 'stop'))}`],
  ['CRLF and a byte order mark', `\ufeff${sse(chunk({ content: 'a' }, 'stop')).replaceAll('\n', '\r\n')}`],
  ['filter results before the choices', sse({ choices: [], prompt_filter_results: [] }, chunk({ content: 'a' }, 'stop'))],
  ['null and empty content', sse(chunk({ role: 'assistant', content: null }), chunk({ content: '' }), chunk({ content: 'a' }, 'stop'))],
  ['an empty finish reason before the real one', sse(chunk({ content: 'a' }, ''), chunk({}, 'stop'))],
  ['garbage after the finish reason', `${sse(chunk({ content: 'a' }, 'stop')).replace('[DONE]', '[done]')}`],
])('a stream with %s is whole', async (_what, body) => {
  const { events, failure } = await askRaw(body);
  expect(failure).toBeNull();
  expect(textOf(events)).toBe('a');
  expect(events.at(-1)).toEqual({ type: 'finish', reason: 'stop', requestId: expect.any(String) });
});

test('a connection that breaks after the finish reason takes nothing from the answer', async () => {
  raw = await startRawProvider((socket) => {
    socket.write(
      `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 5000\r\n\r\ndata: ${JSON.stringify(chunk({ content: 'a' }, 'stop'))}\n\n`,
    );
    socket.end();
  });
  const { events, failure } = await ask(client, { baseUrl: raw.baseUrl });
  expect(failure).toBeNull();
  expect(events.map(({ type }) => type)).toEqual(['text-delta', 'finish']);
});

test('calls that follow each other use their connections again', async () => {
  raw = await startRawProvider((socket) => void socket.write(httpAnswer(sse(chunk({ content: 'a' }, 'stop')))));
  for (let i = 0; i < 5; i++) expect((await ask(client, { baseUrl: raw.baseUrl })).failure).toBeNull();
  expect(raw.requests()).toHaveLength(5);
  // A second one, when a call begins while the last bytes of the one before it are still being read.
  expect(raw.connections()).toBeLessThanOrEqual(2);
});

test('a provider that needs no key gets a call all the same', async () => {
  const { failure } = await ask(client, { baseUrl, apiKey: '' });
  expect(failure).toBeNull();
});
