import { usualQuirks } from '@sluice/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createChatClient } from './chat-client.ts';
import { ProviderFailure } from './provider-failure.ts';
import type { SimDirective } from './simulator/sim-directive.ts';
import { startSimulator, type Simulator } from './simulator/start-simulator.ts';
import { noHurry } from './testing/ask.ts';
import { httpAnswer, startRawProvider } from './testing/raw-provider.ts';
import type { WholeAnswer, WholeCall, WholeTask } from './whole-call.ts';

const client = createChatClient();
let simulator: Simulator;
beforeAll(async () => void (simulator = await startSimulator()));
afterAll(async () => {
  await client.close();
  await simulator.close();
});

type Asked = Partial<WholeCall> & { task: WholeTask; signal?: AbortSignal };

function ask({ signal = new AbortController().signal, ...call }: Asked): Promise<WholeAnswer> {
  const usual = {
    baseUrl: simulator.baseUrl,
    apiKey: 'test-key-abcdef',
    model: 'sluice-sim-embed',
    timeouts: noHurry,
    quirks: usualQuirks,
  };
  return client.ask({ ...usual, ...call }, signal);
}

async function failureOf(asked: Asked): Promise<ProviderFailure> {
  const failure = await ask(asked).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ProviderFailure);
  return failure as ProviderFailure;
}

const directed = (directive: SimDirective): WholeTask => ({ kind: 'embedding', inputs: [`[[sim ${JSON.stringify(directive)}]] The sea.`] });
const two: WholeTask = { kind: 'embedding', inputs: ['one', 'two'] };
const three: WholeTask = { kind: 'rerank', query: 'q', documents: ['a', 'b', 'c'] };

/** What comes of a 200 with this body. */
async function answered<Result>(body: unknown, meet: (baseUrl: string) => Promise<Result>): Promise<Result> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const raw = await startRawProvider((socket) => void socket.write(httpAnswer(text, { headers: ['content-type: application/json'] })));
  try {
    return await meet(raw.baseUrl);
  } finally {
    await raw.close();
  }
}

function floatsOf(base64 = ''): number[] {
  const bytes = Buffer.from(base64, 'base64');
  return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(i * 4));
}

test('numbers and base64 come to the same vectors, one an input, with the tokens that the provider counted', async () => {
  const inputs = ['the sea and the rivers', 'the sea and the boats', 'quite another matter'];
  const plain = await ask({ task: { kind: 'embedding', inputs } });
  const quirks = { ...usualQuirks, embeddingEncoding: 'base64' as const };
  const encoded = await ask({ task: { kind: 'embedding', inputs }, quirks });
  expect(encoded.result).toEqual(plain.result);
  expect(plain.tokens).toMatchObject({ input_tokens: expect.any(Number), output_tokens: 0 });
  expect(plain.requestId).toMatch(/^req-sim-/);
  const result = plain.result.kind === 'embedding' ? plain.result : null;
  expect(result).toMatchObject({ kind: 'embedding', dimensions: 256, vectors: { length: 3 } });
  const [rivers = [], boats = [], matter = []] = (result?.vectors ?? []).map(floatsOf);
  const dot = (a: number[], b: number[]) => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);
  expect(dot(rivers, boats)).toBeGreaterThan(dot(rivers, matter));
});

test('token ids and dimensions are passed on', async () => {
  const { result, tokens } = await ask({ task: { kind: 'embedding', inputs: [[1, 2, 3], [4]], dimensions: 8 } });
  expect(result).toMatchObject({ dimensions: 8, vectors: { length: 2 } });
  expect(tokens?.input_tokens).toBe(4);
});

test('ranks come with the most relevant first, as many as were asked for', async () => {
  const documents = ['boats and nets', 'where the rivers run', 'rivers of the north'];
  const task: WholeTask = { kind: 'rerank', query: 'where do rivers run', documents, topN: 2 };
  const { result } = await ask({ task, model: 'sluice-sim-rerank' });
  expect(result.kind === 'rerank' && result.results.map(({ index }) => index)).toEqual([1, 2]);
});

test('a moderation has a result for each text, and one for the parts of a message', async () => {
  const model = 'sluice-sim-moderation';
  const texts = await ask({ model, task: { kind: 'moderation', input: ['I kill time.', 'Rivers run.'] } });
  expect(texts.result).toMatchObject({ results: [{ flagged: true, categories: { violence: true } }, { flagged: false }] });
  expect(texts.tokens).toBeNull();
  const parts = await ask({ model, task: { kind: 'moderation', input: [{ type: 'text', text: 'Rivers run.' }] } });
  expect(parts.result).toMatchObject({ results: [{ flagged: false }] });
});

describe('failures are told apart as those of chats are', () => {
  test.each<[SimDirective, object]>([
    [
      { status: 429, retry_after: 3 },
      { kind: 'rate_limited', retryAfterMs: 3000 },
    ],
    [{ status: 500 }, { kind: 'server_error' }],
    [{ status: 503 }, { kind: 'overloaded' }],
    [{ status: 401 }, { kind: 'auth' }],
    [{ status: 400, message: 'maximum context length is 8192 tokens' }, { kind: 'context_too_long' }],
    [{ status: 302 }, { kind: 'malformed' }],
    [{ html: true }, { kind: 'malformed' }],
    [{ body: '{"error":{"message":"overloaded","code":"overloaded"}}' }, { kind: 'overloaded' }],
    [{ garbage_at: 0 }, { kind: 'malformed' }],
    [{ reset_at: 0 }, { kind: 'connect' }],
  ])('%j', async (directive, failure) => {
    expect(await failureOf({ task: directed(directive) })).toMatchObject(failure);
  });

  test('a provider that does not answer, and a caller who gives up', async () => {
    const timeouts = { ...noHurry, firstTokenMs: 30 };
    expect(await failureOf({ task: directed({ hang: true }), timeouts })).toMatchObject({ kind: 'timeout_first_token' });
    const signal = AbortSignal.timeout(30);
    expect(await failureOf({ task: directed({ hang: true, tag: 'given-up' }), signal })).toMatchObject({ kind: 'cancelled' });
    await expect.poll(() => simulator.ledger.calls('given-up')[0]?.clientClosedAt).toEqual(expect.any(Number));
  });

  test('nobody listens', async () => {
    expect(await failureOf({ task: two, baseUrl: 'http://127.0.0.1:1/v1' })).toMatchObject({ kind: 'connect' });
  });
});

describe('an answer of the wrong shape is malformed', () => {
  const vector = [0.5, 0.25];
  test.each<[string, WholeTask, unknown]>([
    ['one vector too few', two, { data: [{ index: 0, embedding: vector }] }],
    ['the same index twice', two, { data: [vector, vector].map((embedding) => ({ index: 0, embedding })) }],
    ['vectors of two lengths', two, { data: [{ embedding: vector }, { embedding: [1] }] }],
    ['a vector of words', two, { data: [{ embedding: ['a'] }, { embedding: ['b'] }] }],
    ['no list', two, { object: 'list' }],
    ['base64 that is none', two, { data: [{ embedding: '!!' }, { embedding: '!!' }] }],
    ['a number that is not finite', two, '{"data":[{"embedding":[1e999]},{"embedding":[1]}]}'],
    ['no JSON', two, 'hello'],
    ['a document that is not there', three, { results: [0, 1, 3].map((index) => ({ index, relevance_score: 1 })) }],
    ['a document twice', three, { results: [0, 1, 1].map((index) => ({ index, relevance_score: 1 })) }],
    ['too few ranks', three, { results: [{ index: 0, relevance_score: 1 }] }],
    ['a score that is no number', three, { results: [0, 1, 2].map((index) => ({ index, relevance_score: '1' })) }],
    ['no categories', { kind: 'moderation', input: 'x' }, { results: [{ flagged: true }] }],
  ])('%s', async (_name, task, body) => {
    expect(await answered(body, (baseUrl) => failureOf({ task, baseUrl }))).toMatchObject({ kind: 'malformed' });
  });

  test('more than 64 MB', async () => {
    const failure = await answered('x'.repeat(64 * 1024 * 1024 + 1), (baseUrl) => failureOf({ task: two, baseUrl }));
    expect(failure).toMatchObject({ kind: 'malformed' });
  });
});

test.each<[string, unknown, number | null]>([
  ['bare lists with scores', [2, 0, 1].map((index) => ({ index, score: index / 10 })), null],
  [
    "Cohere's tokens",
    { results: [2, 1, 0].map((index) => ({ index, relevance_score: index / 10 })), meta: { tokens: { input_tokens: 7 } } },
    7,
  ],
  ["Voyage's data", { data: [0, 1, 2].map((index) => ({ index, relevance_score: index / 10 })), usage: { total_tokens: 9 } }, 9],
])('ranks are read in the shapes of other vendors: %s', async (_name, body, tokens) => {
  const { result, tokens: counted } = await answered(body, (baseUrl) => ask({ task: three, baseUrl }));
  expect(result.kind === 'rerank' && result.results.map(({ index }) => index)).toEqual([2, 1, 0]);
  expect(counted?.input_tokens ?? null).toBe(tokens);
});
