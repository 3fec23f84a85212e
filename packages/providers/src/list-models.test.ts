import { usualQuirks } from '@sluice/contract';
import { afterAll, describe, expect, test } from 'vitest';
import { createChatClient } from './chat-client.ts';
import { readModelList } from './list-models.ts';
import { startSimulator } from './simulator/start-simulator.ts';
import { httpAnswer, startRawProvider } from './testing/raw-provider.ts';

const client = createChatClient();
afterAll(() => client.close());
const signal = new AbortController().signal;
const idsOf = (json: unknown) => readModelList(json).map(({ id }) => id);

describe('readModelList', () => {
  test.each([
    ['OpenAI', { object: 'list', data: [{ id: 'b' }, { id: 'a' }] }, ['a', 'b']],
    ['Together', [{ id: 'a', type: 'chat' }], ['a']],
    ['Cohere', { models: [{ name: 'command-a', context_length: 256_000 }] }, ['command-a']],
    ['Baichuan', { data: [{ model: 'Baichuan4', model_show_name: 'Baichuan 4' }] }, ['Baichuan4']],
    ['Gemini', { data: [{ id: 'models/gemini-3-pro' }] }, ['gemini-3-pro']],
    ['rows that name nothing, or the same twice', { data: [{}, null, 'x', { id: '' }, { id: 'a' }, { id: 'a' }] }, ['a']],
  ])('the shape of %s', (_, json, ids) => {
    expect(idsOf(json)).toEqual(ids);
  });

  test.each([undefined, null, 'list', {}, { data: {} }, 7])('%j is no list', (json) => {
    expect(() => readModelList(json)).toThrow(expect.objectContaining({ kind: 'malformed' }));
  });

  test.each([
    ['text-embedding-3-large', {}, ['embedding']],
    ['bge-reranker-v2-m3', {}, ['rerank']],
    ['gpt-image-1', {}, ['image']],
    ['qwen3-vl-plus', {}, ['text', 'vision']],
    ['deepseek-r1', {}, ['text', 'reasoning']],
    ['mistral-large', { capabilities: { function_calling: true, vision: true } }, ['text', 'vision', 'tools']],
    ['kimi-k3', { supports_image_in: true }, ['text', 'vision']],
    ['anything', {}, ['text']],
  ])('guesses of %s', (id, row, capabilities) => {
    expect(readModelList([{ id, ...row }])).toMatchObject([{ capabilities }]);
  });

  test('the length of the context, under the names that vendors give it', () => {
    expect(readModelList([{ id: 'a', max_model_len: 4096 }])).toMatchObject([{ contextWindow: 4096 }]);
    expect(readModelList([{ id: 'a', context_length: '4096' }])).toMatchObject([{ contextWindow: null }]);
  });
});

test('a provider is asked over its own address, and a refusal is told without the key', async () => {
  const simulator = await startSimulator();
  const models = await client.models({ baseUrl: simulator.baseUrl, apiKey: 'any-key', quirks: usualQuirks }, signal);
  expect(models.map(({ id }) => id)).toContain('sluice-sim');
  await simulator.close();

  const body = '{"error":{"message":"Incorrect API key provided: my-secret-key"}}';
  const raw = await startRawProvider((socket) => void socket.write(httpAnswer(body, { status: '401 Unauthorized' })));
  const refused = client.models({ baseUrl: raw.baseUrl, apiKey: 'my-secret-key', quirks: usualQuirks }, signal);
  await expect(refused).rejects.toMatchObject({ kind: 'auth', message: expect.not.stringContaining('my-secret-key') as string });
  await raw.close();
});
