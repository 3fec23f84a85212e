import OpenAI from 'openai';
import { afterAll, beforeEach, expect, test } from 'vitest';
import type { SimDirective } from './sim-directive.ts';
import { startSimulator } from './start-simulator.ts';

const simulator = await startSimulator();
const { url, baseUrl, ledger } = simulator;

beforeEach(() => {
  simulator.setFaults({});
  ledger.clear();
});
afterAll(() => simulator.close());

interface Ask {
  directive?: SimDirective;
  key?: string;
  body?: object;
}

/** Asks without waiting for the body. */
function post({ directive = {}, key = 'sim-key', body = {} }: Ask = {}): Promise<Response> {
  const messages = [{ role: 'user', content: `Hi [[sim ${JSON.stringify(directive)}]]` }];
  return fetch(`${baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'sluice-sim-fast', messages, stream: true, ...body }),
  });
}

async function outcomesOf(times: number, ask: Ask = {}): Promise<number[]> {
  const statuses: number[] = [];
  for (let i = 0; i < times; i++) {
    const response = await post(ask);
    await response.text().catch(() => '');
    statuses.push(response.status);
  }
  return statuses;
}

const sdk = new OpenAI({ apiKey: 'sim-key', baseURL: baseUrl, maxRetries: 0 });

test('the official SDK lists its models', async () => {
  const ids = (await sdk.models.list()).data.map(({ id }) => id);
  expect(ids.slice(0, 3)).toEqual(['sluice-sim', 'sluice-sim-fast', 'sluice-sim-thinking']);
  expect(ids).toContain('sluice-sim-embed');
});

test('the official SDK streams an answer from it', async () => {
  const stream = await sdk.chat.completions.create({
    model: 'sluice-sim-fast',
    messages: [{ role: 'user', content: '[[sim {"text":"Hello there.","reasoning":"Hm."}]]' }],
    stream: true,
    stream_options: { include_usage: true },
  });
  const chunks: OpenAI.ChatCompletionChunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('Hello there.');
  expect(chunks.findLast(({ choices }) => choices[0]?.finish_reason)?.choices[0]?.finish_reason).toBe('stop');
  expect(chunks.at(-1)?.usage).toMatchObject({ completion_tokens: 3, completion_tokens_details: { reasoning_tokens: 1 } });
});

test('the official SDK gets a whole answer from it, tool calls included', async () => {
  const answer = await sdk.chat.completions.create({
    model: 'sluice-sim-fast',
    messages: [
      { role: 'user', content: '[[sim {"text":"Hello there.","tool_calls":[{"name":"f","arguments":"{\\"city\\":\\"Bern\\"}"}]}]]' },
    ],
  });
  expect(answer.choices[0]).toMatchObject({ finish_reason: 'tool_calls', message: { content: 'Hello there.' } });
  expect(answer.choices[0]?.message.tool_calls).toMatchObject([
    { type: 'function', function: { name: 'f', arguments: '{"city":"Bern"}' } },
  ]);
  expect(answer.usage?.completion_tokens).toBeGreaterThan(2);
});

test('an answer longer than max_tokens is cut there, as length', async () => {
  const text = await (await post({ directive: { tokens: 50 }, body: { max_tokens: 5, stream_options: { include_usage: true } } })).text();
  expect(text).toContain('"finish_reason":"length"');
  expect(text).toContain('"completion_tokens":5');
});

test('usage comes only to those who asked for it', async () => {
  expect(await (await post()).text()).not.toContain('usage');
});

test.each([
  ['no key', 401, () => fetch(`${baseUrl}/chat/completions`, { method: 'POST', body: '{}' }), 'invalid_api_key'],
  ['an unknown model', 404, () => post({ body: { model: 'gpt-x' } }), 'gpt-x'],
  ['a wrong directive', 400, () => post({ directive: { nope: 1 } as SimDirective }), 'nope'],
  ['no messages', 400, () => post({ body: { messages: [] } }), 'messages'],
  ['an unknown path', 404, () => fetch(`${url}/nowhere`), 'nowhere'],
])('%s is answered %i and says what is wrong', async (_what, status, asked, word) => {
  const response = await asked();
  expect(response.status).toBe(status);
  expect(await response.text()).toContain(word);
});

test('fail_first fails so many calls of a tag, then no more', async () => {
  expect(await outcomesOf(4, { directive: { tag: 'first', fail_first: 2, status: 503 } })).toEqual([503, 503, 200, 200]);
  expect(await outcomesOf(1, { directive: { tag: 'other', fail_first: 2 } })).toEqual([500]);
});

test('fail_every fails every so many-th call of a tag', async () => {
  expect(await outcomesOf(6, { directive: { tag: 'every', fail_every: 3 } })).toEqual([200, 200, 500, 200, 200, 500]);
});

test('stamps tell when each token was sent', async () => {
  const before = performance.timeOrigin + performance.now();
  const text = await (await post({ directive: { tokens: 2, stamps: true } })).text();
  const stamps = [...text.matchAll(/"content":"([\d.]+) "/g)].map(([, stamp]) => Number(stamp));
  expect(stamps).toHaveLength(2);
  for (const stamp of stamps) expect(stamp).toBeGreaterThanOrEqual(before - 1);
});

test('the ledger has every call: when, by which key, how it ended', async () => {
  await outcomesOf(1, { key: 'my-secret-0001', directive: { tag: 'seen', tokens: 3 } });
  await outcomesOf(1, { directive: { tag: 'refused', status: 429 } });
  const [seen] = ledger.calls('seen');
  expect(seen).toMatchObject({
    key: '0001',
    model: 'sluice-sim-fast',
    isStream: true,
    outcome: 'completed',
    status: 200,
    tokens: 3,
    clientClosedAt: null,
  });
  expect(seen?.endedAt).toBeGreaterThanOrEqual(seen?.startedAt ?? Infinity);
  const shown = (await (await fetch(`${url}/sim/ledger?tag=refused`)).json()) as { calls: unknown[]; outcomes: object };
  expect(shown.calls).toMatchObject([{ outcome: 'refused', status: 429 }]);
  expect(shown.outcomes).toEqual({ completed: 1, refused: 1 });
  await fetch(`${url}/sim/ledger`, { method: 'DELETE' });
  expect(ledger.calls()).toEqual([]);
});

test('a caller that closes the connection is in the ledger', async () => {
  const response = await post({ directive: { tag: 'leaver', stall_at: 1 } });
  await response.body?.cancel();
  await expect.poll(() => ledger.calls('leaver')[0]).toMatchObject({ outcome: 'stall', clientClosedAt: expect.any(Number) });
});

test('faults come at their rates, and the same seed gives the same ones', async () => {
  const rates = { server_error: 0.3, rate_limited: 0.2 };
  simulator.setFaults({ seed: 7, rates });
  const first = await outcomesOf(100);
  await fetch(`${url}/sim/faults`, { method: 'POST', body: JSON.stringify({ seed: 7, rates }) });
  expect(await outcomesOf(100)).toEqual(first);
  const failed = first.filter((status) => status !== 200).length;
  expect(failed).toBeGreaterThan(30);
  expect(failed).toBeLessThan(70);
});

test('a directive with a fault of its own is not thrown dice for', async () => {
  simulator.setFaults({ rates: { server_error: 1 } });
  expect(await outcomesOf(2, { directive: { status: 418 } })).toEqual([418, 418]);
});

test('wrong faults are refused and change nothing', async () => {
  const response = await fetch(`${url}/sim/faults`, { method: 'POST', body: JSON.stringify({ rates: { server_error: 0.9, hang: 0.9 } }) });
  expect(response.status).toBe(400);
  expect(await (await fetch(`${url}/sim/faults`)).json()).toEqual({ seed: 1, rates: {} });
});

test('calls beyond the rate of a key get a 429 with Retry-After; other keys do not', async () => {
  simulator.setFaults({ requests_per_minute: 3 });
  expect(await outcomesOf(5, { key: 'key-a' })).toEqual([200, 200, 200, 429, 429]);
  expect(await outcomesOf(1, { key: 'key-b' })).toEqual([200]);
  const refused = await post({ key: 'key-a' });
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50);
});

test('calls beyond the concurrency of a key get a 429, until one of them ends', async () => {
  simulator.setFaults({ concurrency: 2 });
  const open = await Promise.all([1, 2].map(() => post({ directive: { stall_at: 1 } })));
  expect(await outcomesOf(1)).toEqual([429]);
  await open[0]?.body?.cancel();
  await expect.poll(async () => (await outcomesOf(1))[0]).toBe(200);
  await open[1]?.body?.cancel();
});

test('a call that ends frees its place before its caller can know', async () => {
  simulator.setFaults({ concurrency: 1 });
  expect(await outcomesOf(50)).toEqual(Array(50).fill(200));
});
