import { once } from 'node:events';
import { Agent } from 'undici';
import { afterAll, expect, test } from 'vitest';
import type { ProviderEvent } from './chat-call.ts';
import { createChatClient } from './chat-client.ts';
import { startSimulator } from './simulator/start-simulator.ts';
import { ask, chatCall, directed, noHurry } from './testing/ask.ts';
import { startRawProvider } from './testing/raw-provider.ts';

const client = createChatClient();
const simulator = await startSimulator();
const { baseUrl, ledger } = simulator;

afterAll(async () => {
  await client.close();
  await simulator.close();
});

/** Waits until the simulator saw the call's connection closed by its caller. */
async function seesClose(tag: string): Promise<void> {
  await expect.poll(() => ledger.calls(tag)[0]?.clientClosedAt, { timeout: 10_000 }).toEqual(expect.any(Number));
}

test.each([
  ['while the provider has not answered', { hang: true }],
  ['before the first token', { first_token_ms: 60_000 }],
  ['in the middle of the answer', { tokens: 100_000, tokens_per_s: 20 }],
  ['while the provider is silent', { stall_at: 1 }],
])('an aborted signal closes the socket and ends the call as cancelled: %s', async (when, directive) => {
  const caller = new AbortController();
  const asked = ask(client, { baseUrl, messages: directed({ ...directive, tag: when }), signal: caller.signal });
  await expect.poll(() => ledger.calls(when)).toHaveLength(1);
  caller.abort();
  expect((await asked).failure?.kind).toBe('cancelled');
  await seesClose(when);
});

test('a signal that is aborted while an event is told closes the socket, and nothing more is told', async () => {
  const caller = new AbortController();
  const told: ProviderEvent[] = [];
  const call = chatCall({ baseUrl, messages: directed({ tokens_per_s: 100_000, stall_at: 50, tag: 'told' }) });
  const onEvent = (event: ProviderEvent): void => {
    told.push(event);
    caller.abort();
  };
  await expect(client.chat(call, { signal: caller.signal, onEvent })).rejects.toMatchObject({ kind: 'cancelled' });
  await seesClose('told');
  expect(told).toHaveLength(1);
});

test('a signal that was aborted before calls nobody', async () => {
  const { failure } = await ask(client, { baseUrl, messages: directed({ tag: 'never' }), signal: AbortSignal.abort() });
  expect(failure?.kind).toBe('cancelled');
  expect(ledger.calls('never')).toHaveLength(0);
});

test('a fault of whoever is told closes the socket and stays what it is', async () => {
  const call = chatCall({ baseUrl, messages: directed({ tokens: 100_000, tokens_per_s: 20, tag: 'fault' }) });
  const fault = new TypeError('no place for it');
  const onEvent = (): never => {
    throw fault;
  };
  await expect(client.chat(call, { signal: new AbortController().signal, onEvent })).rejects.toBe(fault);
  await seesClose('fault');
});

test('a call that is given up while it waits for its connection ends at once, and is not made later', async () => {
  const dispatcher = new Agent({ connections: 1, pipelining: 1 });
  const narrow = createChatClient({ dispatcher });
  const first = ask(narrow, { baseUrl, messages: directed({ stall_at: 1, tag: 'first in line' }) });
  await expect.poll(() => ledger.calls('first in line')[0]?.tokens).toBe(1);
  const caller = new AbortController();
  const second = ask(narrow, { baseUrl, messages: directed({ tag: 'second in line' }), signal: caller.signal });
  await new Promise(setImmediate);
  caller.abort();
  expect((await second).failure?.kind).toBe('cancelled');
  await dispatcher.destroy();
  await first;
  expect(ledger.calls('second in line')).toHaveLength(0);
});

test('a call leaves no listener on the signal', async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
  signal.addEventListener = (...parts: Parameters<typeof add>) => ((listeners += 1), add(...parts));
  signal.removeEventListener = (...parts: Parameters<typeof remove>) => ((listeners -= 1), remove(...parts));
  await ask(client, { baseUrl, messages: directed({ tokens: 3 }), signal });
  await ask(client, { baseUrl, messages: directed({ status: 500 }), signal });
  expect(listeners).toBe(0);
});

test.each([
  ['no head comes', { hang: true }, 'timeout_first_token'],
  ['no token comes', { stall_at: 0 }, 'timeout_first_token'],
  ['nothing but keep-alive comments comes', { stall_at: 0, keepalive: true }, 'timeout_first_token'],
  ['no further token comes', { stall_at: 2 }, 'timeout_idle'],
  ['nothing but keep-alive comments comes between', { stall_at: 2, keepalive: true }, 'timeout_idle'],
  ['the answer takes too long', { tokens: 100_000, tokens_per_s: 100 }, 'timeout_total'],
] as const)('when %s, the call ends and the socket is closed', async (when, directive, kind) => {
  const short = { timeout_first_token: { firstTokenMs: 500 }, timeout_idle: { idleMs: 500 }, timeout_total: { totalMs: 500 } };
  const timeouts = { ...noHurry, ...short[kind] };
  const { failure } = await ask(client, { baseUrl, messages: directed({ ...directive, tag: when }), timeouts });
  expect(failure?.kind).toBe(kind);
  await seesClose(when);
});

test('a body that never ends after [DONE] costs its connection and nothing else', async () => {
  const closed = Promise.withResolvers<void>();
  const raw = await startRawProvider((socket) => {
    void once(socket, 'close').then(() => closed.resolve());
    socket.write(`HTTP/1.1 200 OK\r\n\r\ndata: {"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n`);
  });
  expect((await ask(client, { baseUrl: raw.baseUrl })).failure).toBeNull();
  await closed.promise;
  await raw.close();
});
