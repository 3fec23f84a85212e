import { embed, embedMany } from 'ai';
import { OpenAIEmbeddings } from '@langchain/openai';
import { BadRequestError, NotFoundError } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { batchEnd, startBatch } from './batch-run.ts';
import { createAiSdk } from './clients.ts';
import { ask } from './sim.ts';
import { startSurfaceWorld, type SurfaceWorld } from './surface-world.ts';

const price = { mode: 'simple', input_price: '1', output_price: '0' };

describe.each(['embedded', 'distributed'] as const)('embeddings, ranks and moderations, %s', (mode) => {
  let world: SurfaceWorld;
  beforeAll(async () => {
    world = await startSurfaceWorld(mode);
    for (const [alias, capability, model] of [
      ['embed', 'embedding', 'sluice-sim-embed'],
      ['ranks', 'rerank', 'sluice-sim-rerank'],
      ['judge', 'moderation', 'sluice-sim-moderation'],
    ]) {
      await world.admin.post('/v1/admin/models', { alias, capabilities: [capability], routes: [{ provider: 'mock', model }], price });
    }
  });
  afterAll(() => world?.close());

  const credentials = () => ({ url: world.url(), key: world.person.key });
  const latestJob = async () => (await world.person.call.get('/v1/jobs?limit=1')).body.data[0];
  const isNear = (a: number[] = [], b: number[] = []) => a.length === b.length && a.every((x, i) => Math.abs(x - (b[i] ?? 0)) < 1e-6);

  test('C50: embeddings are numbers by default and as floats; as base64 they stay a text', async () => {
    const input = ['Rivers run.', 'The sea waits.'];
    const { data: usual, response } = await world.sdk.embeddings.create({ model: 'embed', input }).withResponse();
    expect(usual).toMatchObject({
      object: 'list',
      model: 'embed',
      data: [
        { object: 'embedding', index: 0, embedding: { length: 256 } },
        { object: 'embedding', index: 1 },
      ],
    });
    expect(usual.usage).toEqual({ prompt_tokens: expect.any(Number), total_tokens: usual.usage.prompt_tokens });
    expect(response.headers.get('x-job-id')).toBe((await latestJob())?.id);
    expect(response.headers.get('openai-processing-ms')).toMatch(/^\d+$/);
    const floats = await world.sdk.embeddings.create({ model: 'embed', input, encoding_format: 'float' });
    expect(isNear(floats.data[1]?.embedding, usual.data[1]?.embedding)).toBe(true);
    const base64 = await world.sdk.embeddings.create({ model: 'embed', input, encoding_format: 'base64' });
    const text = base64.data[0]?.embedding as unknown as string;
    const numbers = [...new Float32Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer)];
    expect(isNear(numbers, usual.data[0]?.embedding)).toBe(true);
  });

  test('dimensions, token ids and one text are taken as OpenAI takes them', async () => {
    const short = await world.sdk.embeddings.create({ model: 'embed', input: 'Rivers run.', dimensions: 8 });
    expect(short.data.map(({ embedding }) => embedding.length)).toEqual([8]);
    const ids = await world.sdk.embeddings.create({ model: 'embed', input: [1, 2, 3] });
    expect(ids).toMatchObject({ data: { length: 1 }, usage: { prompt_tokens: 3 } });
    const lists = await world.sdk.embeddings.create({ model: 'embed', input: [[1, 2], [3]] });
    expect(lists).toMatchObject({ data: { length: 2 }, usage: { prompt_tokens: 3 } });
  });

  test('what cannot be embedded is refused by its field', async () => {
    const create = (body: object) =>
      world.sdk.embeddings.create(body as Parameters<typeof world.sdk.embeddings.create>[0]).catch((error: unknown) => error);
    expect(await create({ model: 'embed', input: '' })).toMatchObject({ constructor: BadRequestError, param: 'input' });
    expect(await create({ model: 'embed', input: ['a', ''] })).toMatchObject({ status: 400, param: 'input[1]' });
    expect(await create({ model: 'embed' })).toMatchObject({ status: 400, param: 'input', code: 'missing_required_parameter' });
    expect(await create({ model: 'embed', input: Array.from({ length: 2049 }, () => 'x') })).toMatchObject({ status: 400, param: 'input' });
    expect(await create({ model: 'mock', input: 'x' })).toMatchObject({
      status: 400,
      param: 'model',
      message: /is for text, not for embedding/,
    });
    expect(await create({ model: 'gone', input: 'x' })).toMatchObject({ constructor: NotFoundError, code: 'model_not_found' });
    const chat = world.sdk.chat.completions.create({ model: 'embed', messages: [{ role: 'user', content: 'Hi.' }] });
    await expect(chat).rejects.toMatchObject({ status: 400, param: 'model' });
  });

  test('a provider that fails is an error with a code; who hangs up cancels the job; a key finds it again', async () => {
    const input = ask({ status: 400, message: 'maximum context length is 8192 tokens' });
    await expect(world.sdk.embeddings.create({ model: 'embed', input })).rejects.toMatchObject({ code: 'context_length_exceeded' });
    const gone = new AbortController();
    const tag = `${mode} gone`;
    const asking = world.sdk.embeddings.create({ model: 'embed', input: ask({ hang: true, tag }) }, { signal: gone.signal });
    asking.catch(() => undefined);
    await expect.poll(() => world.simulator.ledger.calls(tag).length, { timeout: 10_000 }).toBe(1);
    gone.abort();
    await expect.poll(latestJob, { timeout: 10_000 }).toMatchObject({ kind: 'embedding', status: 'cancelled' });
    const headers = { 'Idempotency-Key': `${mode} once` };
    const [one, two] = await Promise.all(
      [1, 2].map(() => world.sdk.embeddings.create({ model: 'embed', input: 'Once.' }, { headers }).withResponse()),
    );
    expect(one?.response.headers.get('x-job-id')).toBe(two?.response.headers.get('x-job-id'));
  });

  test("the AI SDK's embed and embedMany", async () => {
    const model = createAiSdk(credentials()).embedding('embed');
    const one = await embed({ model, value: 'Rivers run.' });
    expect(one.embedding).toHaveLength(256);
    expect(one.usage.tokens).toBeGreaterThan(0);
    const many = await embedMany({ model, values: ['Rivers run.', 'The sea waits.'] });
    expect(many.embeddings).toHaveLength(2);
    expect(isNear(many.embeddings[0], one.embedding)).toBe(true);
  });

  test("LangChain's embeddings", async () => {
    const model = new OpenAIEmbeddings({
      model: 'embed',
      apiKey: credentials().key,
      configuration: { baseURL: `${credentials().url}/v1` },
      maxRetries: 0,
    });
    const query = await model.embedQuery('Rivers run.');
    const documents = await model.embedDocuments(['Rivers run.', 'The sea waits.']);
    expect(documents).toHaveLength(2);
    expect(isNear(documents[0], query)).toBe(true);
  });

  test('moderations, where a model is said to be able to', async () => {
    const one = await world.sdk.moderations.create({ model: 'judge', input: 'I kill time.' });
    expect(one).toMatchObject({ id: /^modr-/, model: 'judge', results: [{ flagged: true, categories: { violence: true } }] });
    const many = await world.sdk.moderations.create({ model: 'judge', input: ['Rivers run.', 'I kill time.'] });
    expect(many.results.map(({ flagged }) => flagged)).toEqual([false, true]);
    const parts = await world.sdk.moderations.create({ model: 'judge', input: [{ type: 'text', text: 'Rivers run.' }] });
    expect(parts.results).toHaveLength(1);
    const unset = world.sdk.moderations.create({ input: 'x' });
    const message = /No model stands for default:moderation here yet/;
    if (mode === 'distributed') await expect(unset).rejects.toMatchObject({ status: 404, code: 'model_not_found', message });
    else expect((await unset).model).toBe('sluice-sim-moderation');
  });

  test('ranks, in the shape that others have', async () => {
    const { body, headers } = await world.person.call.post('/v1/rerank', {
      model: 'ranks',
      query: 'rivers run',
      documents: ['boats', { text: 'rivers run' }, 'rivers'],
      top_n: 2,
      return_documents: true,
    });
    expect(body).toMatchObject({
      object: 'rerank',
      model: 'ranks',
      results: [
        { index: 1, relevance_score: expect.any(Number), document: { text: 'rivers run' } },
        { index: 2, document: { text: 'rivers' } },
      ],
      usage: { prompt_tokens: expect.any(Number), total_tokens: expect.any(Number) },
    });
    expect(headers.get('x-job-id')).toBe(body.id.replace('rerank-', 'job_'));
    expect((await world.person.call.post('/v1/rerank', { model: 'ranks', query: 'q', documents: [] })).body.error).toMatchObject({
      type: 'invalid_request_error',
      param: 'documents',
    });
  });

  test('a batch of embeddings has a list on each line of its output', async () => {
    const lines = [1, 2, 3].map((n) => ({
      custom_id: `row ${n}`,
      method: 'POST' as const,
      url: '/v1/embeddings',
      body: { model: 'embed', input: n === 3 ? '' : `Row ${n}.`, encoding_format: 'base64' },
    }));
    const batch = await batchEnd(world.sdk, (await startBatch(world.sdk, lines, '/v1/embeddings')).id);
    expect(batch).toMatchObject({ status: 'completed', request_counts: { total: 3, completed: 2, failed: 1 } });
    const output = await (await world.sdk.files.content(batch.output_file_id ?? '')).text();
    const bodies = output
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { response: { body: object } }).response.body);
    expect(bodies).toMatchObject([1, 2].map(() => ({ object: 'list', data: [{ index: 0, embedding: expect.any(String) }] })));
  });
});
