import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWorld, type TestUser, type World } from '../support/world.ts';

/** A provider that remembers what it was sent, and answers with a call of a tool until it gets its result. */
async function startListener() {
  const bodies: Record<string, unknown>[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (piece: Buffer) => (text += piece.toString()));
    request.on('end', () => {
      const body = JSON.parse(text) as { messages: { role: string }[]; tools?: unknown[] };
      bodies.push(body);
      const isCall = body.tools && body.messages.at(-1)?.role !== 'tool';
      const call = { index: 0, id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"at":"sea"}' } };
      const delta = isCall ? { tool_calls: [call] } : { content: 'Blue.' };
      const chunk = { choices: [{ index: 0, delta, finish_reason: isCall ? 'tool_calls' : 'stop' }] };
      const usage = { choices: [], usage: { prompt_tokens: 900, completion_tokens: 2 } };
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(`data: ${JSON.stringify(chunk)}\n\ndata: ${JSON.stringify(usage)}\n\ndata: [DONE]\n\n`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { bodies, baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, close: () => server.close() };
}

let world: World;
let user: TestUser;
let listener: Awaited<ReturnType<typeof startListener>>;
beforeAll(async () => {
  [world, listener] = await Promise.all([startWorld('embedded'), startListener()]);
  await world.admin.post('/v1/admin/providers', { name: 'listener', base_url: listener.baseUrl, api_key: 'sk-listener' });
  const routes = [{ provider: 'listener', model: 'ears' }];
  const price = { mode: 'simple', input_price: '1', output_price: '2' };
  await world.admin.post('/v1/admin/models', { alias: 'eyes', capabilities: ['text', 'vision', 'tools'], routes, price });
  user = await world.user('1000');
});
afterAll(async () => {
  listener?.close();
  await world?.close();
});

const post = async (path: string, body: object) => {
  const { status, body: answer, text } = await user.call.post(path, body);
  expect(status, text).toBe(200);
  return { answer, sent: listener.bodies.at(-1) ?? {} };
};
const ask = (body: object) => post('/v1/jobs?wait=20', { model: 'eyes', ...body });

const dataUrl = `data:image/png;base64,${'iVBORw0KGgo'.repeat(1000)}`;
const seen = [
  { type: 'text', text: 'What colour?' },
  { type: 'image_url', image_url: { url: 'https://example.com/sea.png', detail: 'low' } },
  { type: 'image_url', image_url: { url: dataUrl } },
];
const tool = { type: 'function', function: { name: 'look', parameters: { type: 'object', properties: { at: { type: 'string' } } } } };

test('images go to the provider as they are, held at a flat count and charged by its own', async () => {
  const messages = [{ role: 'user', content: seen }];
  const { answer, sent } = await ask({ messages, params: { max_tokens: 10 } });
  expect(sent).toMatchObject({ model: 'ears', messages });
  expect(answer).toMatchObject({ status: 'completed', output: { text: 'Blue.' }, usage: { input_tokens: 900 } });
  const { hold } = (answer as unknown as { billing: { hold: string } }).billing;
  expect(Number(hold)).toBeGreaterThanOrEqual(3.2);
  expect(Number(hold)).toBeLessThan(3.4);
  const chat = await post('/v1/chat/completions', { model: 'eyes', messages });
  expect(chat.sent).toMatchObject({ messages });
  const input = [
    {
      role: 'user',
      content: [
        { type: 'input_text', text: 'What colour?' },
        { type: 'input_image', image_url: dataUrl },
      ],
    },
  ];
  const response = await post('/v1/responses', { model: 'eyes', input });
  expect(response.sent).toMatchObject({ messages: [{ content: [{ type: 'text' }, { type: 'image_url', image_url: { url: dataUrl } }] }] });
});

test('a model that reads no images, and an image that is none, are refused before anything is held', async () => {
  const blind = await user.call.post('/v1/jobs', { model: 'mock', messages: [{ role: 'user', content: seen }] });
  expect(blind).toMatchObject({
    status: 400,
    body: { error: { code: 'invalid_request', message: expect.stringContaining('not said to read images') } },
  });
  const content = [{ type: 'image_url', image_url: { url: 'file:///etc/passwd' } }];
  const wrong = { model: 'eyes', messages: [{ role: 'user', content }] };
  expect((await user.call.post('/v1/jobs', wrong)).body.errors).toMatchObject([{ path: 'messages.0.content.0.image_url.url' }]);
  const param = 'messages[0].content[0].image_url.url';
  expect((await user.call.post('/v1/chat/completions', wrong)).body.error).toMatchObject({ type: 'invalid_request_error', param });
  const input = [{ role: 'user', content: [{ type: 'input_image', image_url: 'file:///etc/passwd' }] }];
  expect((await user.call.post('/v1/responses', { model: 'eyes', input })).body.error).toMatchObject({ param: 'input' });
});

test('tools are passed on, their calls come back, and so do their results', async () => {
  const question = { role: 'user', content: 'What colour?' };
  const params = { tools: [tool], tool_choice: 'auto', parallel_tool_calls: false };
  const first = await ask({ messages: [question], params });
  expect(first.sent).toMatchObject({ ...params, messages: [question] });
  const calls = [{ id: 'call_1', name: 'look', arguments: '{"at":"sea"}' }];
  expect(first.answer).toMatchObject({ status: 'completed', output: { text: '', tool_calls: calls, finish_reason: 'tool_calls' } });
  const called = { role: 'assistant', content: null, tool_calls: [{ id: 'call_1', type: 'function', function: tool.function }] };
  const messages = [question, called, { role: 'tool', tool_call_id: 'call_1', content: 'Blue.' }];
  const second = await ask({ messages, params });
  expect(second.sent).toMatchObject({ messages });
  expect(second.answer).toMatchObject({ output: { text: 'Blue.', tool_calls: [] } });
});
